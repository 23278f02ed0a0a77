using System.Diagnostics.Metrics;
using Hawser.Services.Text;

namespace Hawser.Services.Upload;

/// <summary>Stores each upload as the folder's next file, complete or not at all.</summary>
/// <remarks>Writing to the disk blocks the connection's thread, under an event loop that of all its connections.</remarks>
internal sealed class UploadHandler : IConnectionHandler, IDisposable
{
    private readonly UploadSettings _settings;
    private readonly UploadFolder _folder;
    private readonly UploadManifest? _manifest;
    private readonly TextWriter _events;
    private readonly TextWriter _errors;
    private readonly Counter<long>? _files;
    private readonly Counter<long>? _io;
    private long _stored;
    private long _bytes;
    private long _refused;
    private bool _isDisposed;

    /// <exception cref="IOException">The folder cannot be created or read.</exception>
    public UploadHandler(UploadSettings settings, TextWriter events, TextWriter errors, Meter? meter = null)
    {
        _files = meter?.CreateCounter<long>("hawser.upload.files", "{file}", "Uploads stored and refused.");
        _io = meter?.CreateCounter<long>("hawser.upload.io", "By", "Bytes of stored uploads.");
        _settings = settings;
        _events = events;
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
            if (file.IsPublished)
                Record(file, connection, start, receipt);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No file and no record: a limit leaves no room for them, or the folder cannot be written.
            receipt = Refuse(connection, e);
        }
        if (_settings.Receipt)
            await connection.WriteAsync(receipt.ToLine());
    }

    /// <summary>Closes the manifest and logs the totals, if there are any.</summary>
    public void Dispose()
    {
        _manifest?.Dispose();
        if (Interlocked.Exchange(ref _isDisposed, true) || _stored + _refused == 0)
            return;
        (_refused > 0 ? _errors : _events).WriteLine(
            $"uploads: {_stored} stored, {_refused} refused; {Quantity.FormatCount(_bytes, "byte")}");
    }

    /// <summary>Loads the assemblies that the end of an upload needs, while descriptors are left for that.</summary>
    private void Prepare()
    {
        _ = new DriveInfo(_settings.Folder).AvailableFreeSpace;
        if (_settings.Hash != UploadHash.None && (_settings.Receipt || _settings.Manifest))
        {
            using var hasher = new UploadHasher(_settings.Hash);
            hasher.Finish();
        }
        if (_settings.Manifest)
            new UploadRecord(0, "", default, default, 0, null, null).ToJson();
    }

    private async Task<UploadReceipt> StoreAsync(Connection connection, UploadFile file)
    {
        UploadDigest? digest;
        try
        {
            await file.ReceiveAsync(connection);
            digest = await file.FinishHashAsync();
            file.Publish();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ProtocolException)
        {
            // A limit, the disk, a reset, a timeout or the stop.
            await PublishErrorAsync(file);
            return Refuse(connection, e);
        }
        if (_settings.Sync)
            FlushName(file);
        Interlocked.Increment(ref _stored);
        Interlocked.Add(ref _bytes, file.Length);
        _files?.Add(1);
        _io?.Add(file.Length);
        _events.WriteLine($"{Name(connection)} stored as {file.Name}: {Quantity.FormatCount(file.Length, "byte")}");
        return UploadReceipt.Stored(file.Name, file.Length, digest, file.IsDurable);
    }

    private async Task PublishErrorAsync(UploadFile file)
    {
        try
        {
            await file.PublishErrorAsync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _errors.WriteLine($"ERROR: {file.Name} cannot be written, so upload {file.Number} has no file: {e.Message}");
        }
    }

    private void FlushName(UploadFile file)
    {
        try
        {
            file.FlushName();
        }
        catch (IOException e)
        {
            // The file is stored, so the upload is not refused; its receipt does not say "synced".
            _errors.WriteLine($"ERROR: {file.Name} may not survive a power failure: {e.Message}; check the disk");
        }
    }

    private UploadReceipt Refuse(Connection connection, Exception cause)
    {
        Interlocked.Increment(ref _refused);
        _files?.Add(1, new KeyValuePair<string, object?>("error.type", "refused"));
        _errors.WriteLine($"ERROR: {Name(connection)} refused after "
            + $"{Quantity.FormatCount(connection.BytesReceived, "byte")}: {cause.Message}");
        // Other messages may name paths of the server.
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
                receipt.Bytes, receipt.Digest, receipt.Refusal));
        }
        catch (IOException e)
        {
            // The file is stored, as the receipt says; a verification reports it as unlisted.
            _errors.WriteLine($"ERROR: {file.Name} is not in the manifest: {e.Message}; make room on the disk");
        }
    }

    private static string Name(Connection connection) => $"upload {connection.Id} from {EndPointText.OfPeer(connection)}";
}
