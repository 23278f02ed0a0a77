using System.Collections.Concurrent;
using Hawser.Services.Upload;

namespace Hawser.Cluster;

/// <summary>A store that any number of upload servers share: PostgreSQL numbers the uploads, an object store has their
/// bytes. A server keeps nothing of its own, so each may be killed at any moment.</summary>
/// <remarks>In the background it renews the server's lease, and cleans up after servers that died.</remarks>
public sealed class ClusterStore : IUploadStore
{
    // A lease outlives two renewals that fail.
    private const int RenewalsPerLease = 3;

    private readonly UploadStoreOptions _options;
    private readonly PostgresLedger _ledger;
    private readonly S3Sink _sink;
    private readonly ConcurrentDictionary<long, bool> _active = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _maintenance;
    private string? _lastComplaint;

    private ClusterStore(UploadStoreOptions options, PostgresLedger ledger, S3Sink sink)
    {
        _options = options;
        _ledger = ledger;
        _sink = sink;
        _maintenance = Task.Run(MaintainAsync);
    }

    /// <summary>Two parts on their way, and a connection for each to the object store and to the database.</summary>
    public int DescriptorsPerUpload => 4;

    /// <summary>Opens the store, and creates what is missing in the database.</summary>
    /// <exception cref="FormatException">An address is malformed.</exception>
    /// <exception cref="IOException">The database or the object store cannot be used, or the object store has objects
    /// that the database does not know.</exception>
    public static async Task<ClusterStore> OpenAsync(UploadStoreOptions options, CancellationToken cancel = default)
    {
        SinkAddress address = SinkAddress.Parse(options.Sink);
        var ledger = new PostgresLedger(options.Ledger, address.Collection);
        var sink = new S3Sink(address);
        try
        {
            await StoreFault.GuardAsync("--ledger", () => ledger.MigrateAsync(cancel));
            bool isEmpty = await StoreFault.GuardAsync("--sink", () => sink.IsEmptyAsync(cancel));
            bool isKnown = await StoreFault.GuardAsync("--ledger", () => ledger.KnowsCollectionAsync(cancel));
            if (!isKnown && !isEmpty)
                throw new IOException($"--sink: {address.Collection} has objects that the ledger does not know; "
                    + "use another prefix, or the ledger that numbered them");
            await StoreFault.GuardAsync("--ledger", () => ledger.AddCollectionAsync(cancel));
            await StoreFault.GuardAsync("--ledger", () => ledger.RenewLeaseAsync(options.Lease, cancel));
            Directory.CreateDirectory(options.Spool);
            using (new SpoolPart(options.Spool))
                return new ClusterStore(options, ledger, sink);
        }
        catch
        {
            await ledger.DisposeAsync();
            sink.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<IPendingUpload> BeginAsync(Connection connection)
    {
        long? number;
        try
        {
            number = await _ledger.BeginAsync(
                $"{connection.RemoteEndPoint}", _options.MaxFiles, _options.QuotaBytes, connection.Aborted);
        }
        catch (Exception e) when (StoreFault.Is(e))
        {
            throw StoreFault.Refusal("the ledger", e, connection);
        }
        if (number is not { } given)
            throw new UploadRefusedException(
                $"the collection has {_options.MaxFiles} files or {_options.QuotaBytes} bytes, its limit");
        _active[given] = true;
        return new ClusterUpload(given, connection, _options, _ledger, _sink, () => _active.TryRemove(given, out _));
    }

    /// <summary>Ends the lease and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _maintenance;
        try
        {
            await _ledger.EndLeaseAsync();
        }
        catch (Exception e) when (StoreFault.Is(e))
        {
            Complain($"the ledger cannot be told that this server ends: {e.Message}; its lease will end");
        }
        await _ledger.DisposeAsync();
        _sink.Dispose();
        _closing.Dispose();
    }

    private async Task MaintainAsync()
    {
        using var timer = new PeriodicTimer(_options.Lease / RenewalsPerLease);
        try
        {
            while (await timer.WaitForNextTickAsync(_closing.Token))
                await MaintainOnceAsync(_closing.Token);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The store closes.
        }
    }

    private async Task MaintainOnceAsync(CancellationToken cancel)
    {
        try
        {
            await _ledger.RenewLeaseAsync(_options.Lease, cancel);
            await _ledger.AbandonAsync([.. _active.Keys], _options.Lease, cancel);
            foreach (long number in await _ledger.FindUncleanAsync(_options.Lease, cancel))
            {
                await _sink.RemoveAsync(number, cancel);
                await _ledger.SetCleanAsync(number, cancel);
            }
            _lastComplaint = null;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            // Whatever it is, the lease is renewed for as long as it can be.
            Complain($"the ledger or the object store cannot be maintained: {e.Message}");
        }
    }

    /// <summary>Logs a lasting fault once.</summary>
    private void Complain(string what)
    {
        if (_lastComplaint != what)
            _options.Errors.WriteLine($"ERROR: {what.ReplaceLineEndings(" ")}");
        _lastComplaint = what;
    }
}
