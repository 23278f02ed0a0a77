using System.Security.Cryptography;

namespace Hawser.Services.Upload;

/// <summary>Stores what each client sends, until it finishes, as the folder's next file, whole or not at all.</summary>
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
    }

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        DateTimeOffset start = DateTimeOffset.UtcNow;
        UploadReceipt receipt;
        try
        {
            using UploadFile file = _folder.Begin();
            receipt = await StoreAsync(connection, file);
            Record(file, connection, start, receipt);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No file, no record: the folder takes nothing at all.
            receipt = Refuse(connection, e.Message);
        }
        if (_settings.Receipt)
            await connection.WriteAsync(receipt.ToLine());
    }

    public void Dispose() => _manifest?.Dispose();

    private async Task<UploadReceipt> StoreAsync(Connection connection, UploadFile file)
    {
        try
        {
            using IncrementalHash? hash =
                _settings.Receipt || _settings.Manifest ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
            while (await connection.ReadAsync() is { IsEmpty: false } piece)
            {
                file.Append(piece.Span);
                hash?.AppendData(piece.Span);
            }
            file.Publish();
            string sha256 = hash is null ? "" : Convert.ToHexStringLower(hash.GetHashAndReset());
            return UploadReceipt.Stored(file.Name, file.Length, sha256, _settings.Sync);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A limit, the disk, or the peer: it reset, or was silent for too long.
            file.PublishError();
            return Refuse(connection, e.Message);
        }
    }

    private UploadReceipt Refuse(Connection connection, string reason)
    {
        _errors.WriteLine($"upload {connection.Id} from {connection.RemoteEndPoint} is refused after "
            + $"{connection.BytesReceived} bytes: {reason}");
        return UploadReceipt.Refused(reason);
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
            _errors.WriteLine($"ERROR: {file.Name} is not in the manifest: {e.Message}");
        }
    }
}
