using System.Collections.Concurrent;
using System.Diagnostics;
using Hawser.Services.Upload;
using Npgsql;

namespace Hawser.Cluster;

/// <summary>A store that any number of upload servers share: PostgreSQL numbers the uploads, an object store has their
/// bytes. A server keeps nothing of its own, so each may be killed at any moment.</summary>
/// <remarks>In the background it renews the server's lease, and cleans up after servers that died.</remarks>
public sealed class ClusterStore : IUploadStore
{
    // A lease outlives two renewals that fail.
    private const int RenewalsPerLease = 3;
    // Failed uploads have no object, so one look ahead would not do.
    private const int NumbersAhead = 8;

    private static readonly TimeSpan TimeToOpen = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan TimeToEndLease = TimeSpan.FromSeconds(2);

    private readonly UploadStoreOptions _options;
    private readonly PostgresLedger _ledger;
    private readonly S3Sink _sink;
    private readonly ConcurrentDictionary<long, bool> _active = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _renewing;
    private readonly Task _cleaning;
    private long? _lastRenewal;
    private long _renewedSince;

    /// <summary>Begins to maintain an existing collection.</summary>
    internal ClusterStore(UploadStoreOptions options, PostgresLedger ledger, S3Sink sink)
    {
        _options = options;
        _ledger = ledger;
        _sink = sink;
        // Each on its own: an object store that hangs must not cost the lease.
        _renewing = Task.Run(() => RepeatAsync("the lease cannot be renewed", RenewAsync));
        _cleaning = Task.Run(() => RepeatAsync("dead uploads cannot be cleaned up", CleanAsync));
    }

    /// <summary>Two parts on their way, and a connection for each to the object store and to the database.</summary>
    public int DescriptorsPerUpload => 4;

    /// <summary>Checks the addresses of a store without connecting.</summary>
    /// <param name="ledger">As of <see cref="UploadStoreOptions.Ledger"/>.</param>
    /// <param name="sink">As of <see cref="UploadStoreOptions.Sink"/>.</param>
    /// <exception cref="FormatException">An address is malformed; names the option.</exception>
    public static void CheckAddresses(string ledger, string sink)
    {
        LedgerAddress.Parse(ledger);
        SinkAddress.Parse(sink);
    }

    /// <summary>Opens the store, and creates what is missing in the database.</summary>
    /// <exception cref="FormatException">An address is malformed.</exception>
    /// <exception cref="IOException">The database or the object store cannot be used, or the object store has objects
    /// that the database does not know.</exception>
    public static async Task<ClusterStore> OpenAsync(UploadStoreOptions options, CancellationToken cancel = default)
    {
        SinkAddress address = SinkAddress.Parse(options.Sink);
        var sink = new S3Sink(address);
        var ledger = new PostgresLedger(options.Ledger, address.Collection);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeToOpen);
        cancel = limit.Token;
        try
        {
            await StoreFault.GuardAsync("--ledger", () => MigrateAsync(ledger, cancel));
            await CheckAsync(ledger, sink, cancel);
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

    /// <summary>Creates the tables. A database that is slow gets the whole time to answer; one that refuses gets
    /// none.</summary>
    private static async Task MigrateAsync(PostgresLedger ledger, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await ledger.MigrateAsync(cancel);
                return;
            }
            catch (NpgsqlException e) when (e.InnerException is TimeoutException)
            {
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Makes sure that no number of an existing object is given again.</summary>
    private static async Task CheckAsync(PostgresLedger ledger, S3Sink sink, CancellationToken cancel)
    {
        string collection = sink.Address.Collection;
        bool isEmpty = await StoreFault.GuardAsync("--sink", () => sink.IsEmptyAsync(cancel));
        if (await StoreFault.GuardAsync("--ledger", () => ledger.FindLastNumberAsync(cancel)) is not { } last)
        {
            if (!isEmpty)
                throw new IOException($"--sink: {collection} has objects that the ledger does not know; "
                    + "use another prefix, or the ledger that numbered them");
            return;
        }
        for (long number = last + 1; number <= last + NumbersAhead; number++)
        {
            // Another server may have been given the number meanwhile.
            if (await StoreFault.GuardAsync("--sink", () => sink.HasAsync(number, cancel))
                && await StoreFault.GuardAsync("--ledger", () => ledger.FindAsync(number, cancel)) is null)
            {
                throw new IOException($"--ledger: has given numbers up to {last}, but {collection} has {UploadName.Of(number)}; "
                    + "was the database restored from a backup? Use another prefix");
            }
        }
    }

    /// <inheritdoc/>
    public async Task<IPendingUpload> BeginAsync(Connection connection)
    {
        long number = await StoreFault.RefuseAsync("the ledger", connection, () => _ledger.BeginAsync(
            $"{connection.RemoteEndPoint}", _options.MaxFiles, _options.QuotaBytes, connection.Aborted));
        _active[number] = true;
        return new ClusterUpload(number, connection, _options, _ledger, _sink, () => _active.TryRemove(number, out _));
    }

    /// <summary>Ends the lease and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await Task.WhenAll(_renewing, _cleaning);
        using var limit = new CancellationTokenSource(TimeToEndLease);
        try
        {
            await _ledger.EndLeaseAsync(limit.Token);
        }
        catch (Exception e) when (StoreFault.Is(e))
        {
            Report($"the ledger does not know that this server ends: {StoreFault.Describe(e)}; its lease will end");
        }
        await _ledger.DisposeAsync();
        _sink.Dispose();
        _closing.Dispose();
    }

    /// <summary>Does something a few times per lease until the store closes, whatever happens. A lasting fault is logged
    /// once.</summary>
    private async Task RepeatAsync(string complaint, Func<CancellationToken, Task> step)
    {
        string? last = null;
        while (true)
        {
            try
            {
                await Task.Delay(_options.Lease / RenewalsPerLease, _closing.Token);
                await step(_closing.Token);
                last = null;
            }
            catch (Exception) when (_closing.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                string what = $"{complaint}: {StoreFault.Describe(e)}";
                if (what != last)
                    Report(what);
                last = what;
            }
        }
    }

    private async Task RenewAsync(CancellationToken cancel)
    {
        long begin = Stopwatch.GetTimestamp();
        // Where the ledger was out of reach, other servers need time to renew theirs before they count as dead.
        if (_lastRenewal is not { } last || Stopwatch.GetElapsedTime(last) > _options.Lease)
            _renewedSince = begin;
        await _ledger.RenewLeaseAsync(_options.Lease, cancel);
        _lastRenewal = Stopwatch.GetTimestamp();
        await _ledger.AbandonMineAsync(
            [.. _active.Keys], TimeSpan.FromTicks(Math.Max(_options.Lease.Ticks, 2 * PostgresLedger.Patience.Ticks)), cancel);
        if (Stopwatch.GetElapsedTime(_renewedSince) > _options.Lease)
            await _ledger.AbandonDeadAsync(cancel);
    }

    private async Task CleanAsync(CancellationToken cancel)
    {
        foreach (long number in await _ledger.FindUncleanAsync(_options.Lease, cancel))
        {
            try
            {
                await _sink.RemoveAsync(number, cancel);
                await _ledger.SetCleanAsync(number, cancel);
            }
            catch (Exception e) when (StoreFault.Is(e) && !cancel.IsCancellationRequested)
            {
                Report($"what upload {number} left cannot be removed: {StoreFault.Describe(e)}");
            }
        }
    }

    private void Report(string what) => _options.Errors.WriteLine($"ERROR: {what}");
}
