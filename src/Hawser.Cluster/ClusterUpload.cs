using Amazon.S3.Model;
using Hawser.Services.Upload;

namespace Hawser.Cluster;

/// <summary>An upload on its way through a server: it fills one part while the part before goes to the object
/// store.</summary>
internal sealed class ClusterUpload : IPendingUpload
{
    private const long FirstPartBytes = 8 * 1024 * 1024;
    // Stores allow 1,000 to 10,000 parts: with parts that double, 1,000 of them hold 31 GB, 2,000 hold 535 GB.
    private const int PartsPerSize = 250;

    private readonly long _number;
    private readonly CancellationTokenSource _over;
    private readonly CancellationToken _aborted;
    private readonly Connection _connection;
    private readonly UploadStoreOptions _options;
    private readonly PostgresLedger _ledger;
    private readonly S3Sink _sink;
    private readonly Action _end;
    private readonly UploadHasher _hasher;
    private readonly List<PartETag> _parts = [];
    private SpoolPart? _filling;
    private int _partsBegun;
    private Task _sending = Task.CompletedTask;
    private string? _id;
    private long _length;

    /// <param name="number">Given by the ledger.</param>
    /// <param name="connection">The client.</param>
    /// <param name="options">The limits and the folder of parts.</param>
    /// <param name="ledger">Learns how it ends.</param>
    /// <param name="sink">Gets the bytes.</param>
    /// <param name="end">Called when the number is no longer in use.</param>
    public ClusterUpload(
        long number, Connection connection, UploadStoreOptions options, PostgresLedger ledger, S3Sink sink, Action end)
    {
        _number = number;
        _connection = connection;
        _over = CancellationTokenSource.CreateLinkedTokenSource(connection.Aborted);
        _aborted = _over.Token;
        _options = options;
        _ledger = ledger;
        _sink = sink;
        _end = end;
        _hasher = new UploadHasher(options.Hash);
    }

    public string Name => UploadName.Of(_number);

    /// <summary>Receives until the client half-closes. A slow object store slows the client down.</summary>
    public async Task ReceiveAsync(Connection connection)
    {
        Action<int> claim = Claim;
        while (true)
        {
            SpoolPart part = _filling ??= new SpoolPart(_options.Spool);
            int received = await connection.ReceivePieceToFileAsync(part.Handle, part.Length, claim);
            if (received == 0)
                return;
            part.Length += received;
            _length += received;
            if (part.Length >= FirstPartBytes << (_partsBegun / PartsPerSize))
                await SendPartAsync();
        }
    }

    /// <summary>Completes the object, then records it in the ledger.</summary>
    public async Task<UploadReceipt> PublishAsync()
    {
        await StoreFault.RefuseAsync("the object store", _connection, CompleteAsync);
        UploadDigest digest = _hasher.Finish();
        await StoreFault.RefuseAsync("the ledger", _connection,
            () => _ledger.StoreAsync(_number, _length, digest, _options.QuotaBytes, _aborted));
        return UploadReceipt.Stored(Name, _length, digest, synced: false);
    }

    /// <summary>Tells the ledger. Cleaning up is left to the maintenance of any server.</summary>
    public async Task FailAsync(string reason)
    {
        // Nothing may come into the object store afterwards.
        await EndSendingAsync();
        using var patience = new CancellationTokenSource(PostgresLedger.Patience);
        try
        {
            await _ledger.FailAsync(_number, reason, patience.Token);
        }
        catch (Exception e) when (StoreFault.Is(e))
        {
            _options.Errors.WriteLine($"ERROR: the ledger does not know yet that upload {_number} failed: "
                + $"{StoreFault.Describe(e)}; it will");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndSendingAsync();
        _filling?.Dispose();
        _hasher.Dispose();
        _over.Dispose();
        _end();
    }

    /// <summary>Ends the request of a part, which reads the part until then.</summary>
    private async Task EndSendingAsync()
    {
        await _over.CancelAsync();
        await _sending.ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    private void Claim(int bytes)
    {
        if (bytes > _options.MaxBytes - _length)
            throw new UploadRefusedException($"an upload has at most {_options.MaxBytes} bytes");
    }

    /// <summary>Waits for the part before, then sends this one in the background.</summary>
    private async Task SendPartAsync()
    {
        await StoreFault.RefuseAsync("the object store", _connection, () => _sending);
        SpoolPart part = _filling!;
        _filling = null;
        int n = ++_partsBegun;
        _sending = Task.Run(async () =>
        {
            using (part)
            {
                Hash(part);
                _id ??= await _sink.BeginPartsAsync(_number, _aborted);
                _parts.Add(await _sink.PutPartAsync(_number, _id, n, part.Read(), _aborted));
            }
        });
    }

    private async Task CompleteAsync()
    {
        SpoolPart rest = _filling!;
        if (_partsBegun == 0)
        {
            await Task.Run(async () =>
            {
                Hash(rest);
                await _sink.PutAsync(_number, rest.Read(), _aborted);
            });
            return;
        }
        if (rest.Length > 0)
            await SendPartAsync();
        await _sending;
        await _sink.CompleteAsync(_number, _id!, _parts, _aborted);
    }

    /// <summary>Hashes a part. Parts come in order, one at a time.</summary>
    private void Hash(SpoolPart part)
    {
        Span<byte> piece = stackalloc byte[32 * 1024];
        Stream content = part.Read();
        while (content.Read(piece) is > 0 and var read)
            _hasher.Append(piece[..read]);
    }
}
