using System.Diagnostics.Metrics;
using Hawser.Services.Text;

namespace Hawser.Services.Upload;

/// <summary>Stores each upload as the next one of a store, complete or not at all.</summary>
/// <remarks>Writing to a disk blocks the connection's thread, under an event loop that of all its connections.</remarks>
internal sealed class UploadHandler : IConnectionHandler, IAsyncDisposable
{
    private readonly IUploadStore _store;
    private readonly bool _sendsReceipt;
    private readonly TextWriter _events;
    private readonly TextWriter _errors;
    private readonly Counter<long>? _files;
    private readonly Counter<long>? _io;
    private long _stored;
    private long _bytes;
    private long _refused;
    private bool _isDisposed;

    /// <summary>Takes ownership of the store.</summary>
    public UploadHandler(IUploadStore store, bool sendsReceipt, ServiceEnvironment environment)
    {
        _store = store;
        _sendsReceipt = sendsReceipt;
        _events = environment.Events;
        _errors = environment.Errors;
        _files = environment.Meter?.CreateCounter<long>("hawser.upload.files", "{file}", "Uploads stored and refused.");
        _io = environment.Meter?.CreateCounter<long>("hawser.upload.io", "By", "Bytes of stored uploads.");
    }

    public int DescriptorsPerConnection => 1 + _store.DescriptorsPerUpload;

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        UploadReceipt receipt;
        try
        {
            await using IPendingUpload upload = await _store.BeginAsync(connection);
            receipt = await StoreAsync(connection, upload);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No file and no record: a limit leaves no room for them, or the store cannot be written.
            receipt = Refuse(connection, e);
        }
        if (_sendsReceipt)
            await connection.WriteAsync(receipt.ToLine());
    }

    /// <summary>Closes the store and logs the totals, if there are any.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
            return;
        await _store.DisposeAsync();
        if (_stored + _refused == 0)
            return;
        (_refused > 0 ? _errors : _events).WriteLine(
            $"uploads: {_stored} stored, {_refused} refused; {Quantity.FormatCount(_bytes, "byte")}");
    }

    private async Task<UploadReceipt> StoreAsync(Connection connection, IPendingUpload upload)
    {
        UploadReceipt receipt;
        try
        {
            if (await connection.WaitForInputAsync() == InputState.Stopping)
                throw new UploadRefusedException("the server is stopping");
            await upload.ReceiveAsync(connection);
            receipt = await upload.PublishAsync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ProtocolException)
        {
            // A limit, the store, a reset, a timeout or the stop.
            await upload.FailAsync(ReasonOf(e));
            return Refuse(connection, e);
        }
        Interlocked.Increment(ref _stored);
        Interlocked.Add(ref _bytes, receipt.Bytes);
        _files?.Add(1);
        _io?.Add(receipt.Bytes);
        _events.WriteLine($"{NameOf(connection)} stored as {upload.Name}: {Quantity.FormatCount(receipt.Bytes, "byte")}");
        return receipt;
    }

    private UploadReceipt Refuse(Connection connection, Exception cause)
    {
        Interlocked.Increment(ref _refused);
        _files?.Add(1, new KeyValuePair<string, object?>("error.type", "refused"));
        _errors.WriteLine($"ERROR: {NameOf(connection)} refused after "
            + $"{Quantity.FormatCount(connection.BytesReceived, "byte")}: {cause.Message}"
            + (cause is UploadRefusedException { InnerException: { } inner } ? $" ({Printable.Line(inner.Message)})" : ""));
        return UploadReceipt.Refused(ReasonOf(cause));
    }

    /// <summary>What the client may learn: other messages may name paths of the server.</summary>
    private static string ReasonOf(Exception cause) => cause switch
    {
        UploadRefusedException or ConnectionClosedException or ProtocolException => cause.Message,
        { HResult: PosixFile.ENOSPC or PosixFile.EDQUOT } => "the server's disk is full",
        _ => "the server could not store it",
    };

    private static string NameOf(Connection connection) =>
        $"upload {connection.Id} from {EndPointText.OfPeer(connection)}";
}
