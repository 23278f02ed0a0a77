using System.Security.Cryptography;

namespace Hawser.Services.Upload;

/// <summary>Stores what each client sends, until it finishes, as the folder's next file, whole or not at all.</summary>
/// <remarks>Writing blocks the connection's thread as the disk does: under an event loop that of its other connections
/// too.</remarks>
internal sealed class UploadHandler : IConnectionHandler, IDisposable
{
    private readonly UploadSettings _settings;
    private readonly UploadFolder _folder;
    private readonly UploadManifest? _manifest;
    private readonly TextWriter _errors;

    /// <exception cref="IOException">The folder cannot be made or read.</exception>
    public UploadHandler(UploadSettings settings, TextWriter errors)
    {
        _settings = settings;
        _folder = new UploadFolder(settings);
        _manifest = settings.Manifest ? new UploadManifest(settings) : null;
        _errors = errors;
        Prepare();
    }

    /// <summary>The socket, the file, and with <see cref="UploadSettings.Sync"/> the folder.</summary>
    public int DescriptorsPerConnection => _settings.Sync ? 3 : 2;

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        DateTimeOffset start = DateTimeOffset.UtcNow;
        UploadReceipt receipt;
        try
        {
            await _folder.RecountIfDueAsync(connection.Time);
            using UploadFile file = _folder.Begin(connection.Id);
            receipt = await StoreAsync(connection, file);
            Record(file, connection, start, receipt);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No file, no record: there is no room for one, or the folder takes nothing at all.
            receipt = Refuse(connection, e);
        }
        if (_settings.Receipt)
            await connection.WriteAsync(receipt.ToLine());
    }

    public void Dispose() => _manifest?.Dispose();

    /// <summary>Loads what the end of an upload needs, while there are descriptors to load it with.</summary>
    private void Prepare()
    {
        if (_settings.Receipt || _settings.Manifest)
            SHA256.HashData([]);
        if (_settings.Manifest)
            new UploadRecord(0, "", default, default, 0, null, null).ToJson();
    }

    private async Task<UploadReceipt> StoreAsync(Connection connection, UploadFile file)
    {
        string sha256;
        try
        {
            await file.ReceiveAsync(connection);
            sha256 = await file.FinishHashAsync();
            file.Publish();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ProtocolException)
        {
            // A limit, the disk, or the peer: it reset, or was silent for too long.
            await file.PublishErrorAsync();
            return Refuse(connection, e);
        }
        if (_settings.Sync)
            FlushName(file);
        return UploadReceipt.Stored(file.Name, file.Length, sha256, file.IsDurable);
    }

    private void FlushName(UploadFile file)
    {
        try
        {
            file.FlushName();
        }
        catch (IOException e)
        {
            // The file stands, so the upload is not refused; the receipt does not say "synced".
            _errors.WriteLine($"ERROR: {file.Name} may not survive a power failure: {e.Message}; check the disk");
        }
    }

    private UploadReceipt Refuse(Connection connection, Exception cause)
    {
        _errors.WriteLine($"upload {connection.Id} from {connection.RemoteEndPoint} is refused after "
            + $"{connection.BytesReceived} bytes: {cause.Message}");
        // The rest of us, such as where the folder is, is not the client's business.
        return UploadReceipt.Refused(cause switch
        {
            UploadRefusedException or ConnectionClosedException or ProtocolException => cause.Message,
            { HResult: PosixFile.ENOSPC or PosixFile.EDQUOT } => "the server's disk is full",
            _ => "the server could not store it",
        });
    }

    private void Record(UploadFile file, Connection connection, DateTimeOffset start, UploadReceipt receipt)
    {
        try
        {
            _manifest?.Append(new UploadRecord(
                file.Number, $"{connection.RemoteEndPoint}", start, DateTimeOffset.UtcNow,
                receipt.Bytes, receipt.Sha256, receipt.Refusal));
        }
        catch (IOException e)
        {
            // The file stands, and that is what the receipt says; a verification will name it as unlisted.
            _errors.WriteLine($"ERROR: {file.Name} is not in the manifest: {e.Message}; make room on the disk");
        }
    }
}
