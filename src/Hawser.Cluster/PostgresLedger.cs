using System.Globalization;
using System.Runtime.CompilerServices;
using Hawser.Services.Upload;
using Npgsql;

namespace Hawser.Cluster;

/// <summary>The uploads of one collection in PostgreSQL: their numbers, states, lengths and hashes, and the servers that
/// receive them.</summary>
/// <remarks>
/// <para>A number is given when an upload begins, and never again: each has a row from then on, so the numbers have no
/// gap, whatever dies. The row says "under way", and becomes "stored" or "failed" once. Only its own server may make it
/// "stored", and does so after the object store has the bytes; a server that finds it "failed" meanwhile has lost
/// it.</para>
/// <para>A server lives as long as it renews its lease. The database's clock counts, no other. The uploads of a server
/// whose lease is over become "failed", by any server.</para>
/// <para>Every statement is a transaction of its own, and may be repeated after a broken connection left its outcome
/// open.</para>
/// </remarks>
internal sealed class PostgresLedger : IAsyncDisposable
{
    /// <summary>The limit of a statement, of connecting, and of all attempts at one answer: clients wait 10 s for a
    /// receipt.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int PageLength = 1000;

    private static readonly TimeSpan PauseBetweenAttempts = TimeSpan.FromMilliseconds(200);

    private readonly NpgsqlDataSource _source;
    private readonly string _collection;
    private readonly Guid _server = Guid.NewGuid();

    /// <summary>Connects when it is first used.</summary>
    /// <exception cref="FormatException">The address is malformed.</exception>
    public PostgresLedger(string address, string collection)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(LedgerAddress.Parse(address).ConnectionString);
        builder.EnableTransportSecurity().EnableArrays();
        _source = builder.Build();
        _collection = collection;
    }

    /// <summary>Creates what is missing of the tables. Servers that start at the same time wait for each other. Where
    /// nothing is missing, the user needs no right to create.</summary>
    public async Task MigrateAsync(CancellationToken cancel = default)
    {
        if (VersionOf(await ReadAsync(LedgerSchema.ReadVersion, [], cancel)) == LedgerSchema.Versions.Length)
            return;
        await using NpgsqlConnection connection = await _source.OpenConnectionAsync(cancel);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancel);
        await RunAsync(connection, $"SELECT pg_advisory_xact_lock({LedgerSchema.AdvisoryLock})", cancel);
        await RunAsync(connection, LedgerSchema.Prepare, cancel);
        await using var reading = new NpgsqlCommand(LedgerSchema.ReadVersion, connection);
        int applied = VersionOf(await reading.ExecuteScalarAsync(cancel));
        if (applied > LedgerSchema.Versions.Length)
            throw new IOException($"the ledger has version {applied}, this program knows {LedgerSchema.Versions.Length}; "
                + "update it");
        for (int next = applied + 1; next <= LedgerSchema.Versions.Length; next++)
        {
            await RunAsync(connection, LedgerSchema.Versions[next - 1], cancel);
            await RunAsync(connection, $"INSERT INTO hawser.versions (version) VALUES ({next})", cancel);
        }
        await transaction.CommitAsync(cancel);
    }

    /// <summary>The highest number given; null if the ledger does not know the collection. A ledger without tables knows
    /// none.</summary>
    public async Task<long?> FindLastNumberAsync(CancellationToken cancel = default) =>
        (long?)await ReadAsync("SELECT last_number FROM hawser.collections WHERE name = $1", [_collection], cancel);

    /// <summary>Adds the collection, if it is new.</summary>
    public async Task AddCollectionAsync(CancellationToken cancel = default)
    {
        await ExecuteAsync("INSERT INTO hawser.collections (name) VALUES ($1) ON CONFLICT DO NOTHING", [_collection], cancel);
    }

    /// <summary>Renews this server's lease.</summary>
    public async Task RenewLeaseAsync(TimeSpan lease, CancellationToken cancel = default)
    {
        await ExecuteAsync(
"""
            INSERT INTO hawser.servers (id, host, lease_until) VALUES ($1, $2, now() + $3)
            ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until
            """,
            [_server, Environment.MachineName, lease], cancel);
    }

    /// <summary>Begins an upload.</summary>
    /// <returns>Its number.</returns>
    /// <exception cref="UploadRefusedException">The collection has as many files or bytes as it may.</exception>
    public Task<long> BeginAsync(string peer, long maxFiles, long quotaBytes, CancellationToken cancel) =>
        // A lost answer leaves a row that no upload uses; AbandonMineAsync finds it.
        PersistAsync(async patience =>
        {
            await using NpgsqlCommand command = Command(
                """
                WITH next AS (
                    UPDATE hawser.collections SET last_number = last_number + 1
                    WHERE name = $1 AND last_number < $4 AND stored_bytes < $5 RETURNING last_number)
                INSERT INTO hawser.uploads (collection, number, state, server, peer)
                SELECT $1, last_number, 'under way', $2, $3 FROM next RETURNING number
                """,
                _collection, _server, peer, maxFiles, quotaBytes);
            if (await command.ExecuteScalarAsync(patience) is long number)
                return number;
            await using NpgsqlCommand full = Command(
                "SELECT last_number >= $2 FROM hawser.collections WHERE name = $1", _collection, maxFiles);
            throw new UploadRefusedException(await full.ExecuteScalarAsync(patience) is true
                ? $"the collection has {maxFiles} files, its limit"
                : QuotaRefusal(quotaBytes));
        }, cancel);

    /// <summary>Makes an upload "stored".</summary>
    /// <exception cref="UploadRefusedException">The quota does not hold it, or this server has lost it.</exception>
    public async Task StoreAsync(
        long number, long bytes, UploadDigest digest, long quotaBytes, CancellationToken cancel)
    {
        UploadState? state = await PersistAsync(async patience =>
        {
            await using NpgsqlCommand command = Command(
                """
                WITH room AS (
                    SELECT name FROM hawser.collections WHERE name = $1 AND stored_bytes <= $6 - $4 FOR UPDATE),
                mine AS (
                    UPDATE hawser.uploads SET state = 'stored', ended = now(), bytes = $4, digest = $5
                    WHERE collection = $1 AND number = $2 AND server = $3 AND state = 'under way'
                        AND EXISTS (SELECT 1 FROM room)
                    RETURNING number)
                UPDATE hawser.collections SET stored_bytes = stored_bytes + $4
                WHERE name = $1 AND EXISTS (SELECT 1 FROM mine)
                """,
                _collection, number, _server, bytes, digest.ToString(), quotaBytes);
            // An earlier attempt whose answer was lost may have done it.
            return await command.ExecuteNonQueryAsync(patience) == 1
                ? UploadState.Stored
                : (await FindAsync(number, patience))?.State;
        }, cancel);
        if (state == UploadState.Stored)
            return;
        throw new UploadRefusedException(state == UploadState.UnderWay
            ? QuotaRefusal(quotaBytes)
            : "the server was too slow to renew its lease; send it again");
    }

    /// <summary>Makes an upload "failed", unless it is stored. The object store may have something of it.</summary>
    public Task FailAsync(long number, string reason, CancellationToken cancel) => PersistAsync(async patience =>
    {
        await ExecuteAsync(
"""
            UPDATE hawser.uploads SET state = 'failed', ended = now(), error = coalesce(error, $4), is_clean = false
            WHERE collection = $1 AND number = $2 AND server = $3 AND state <> 'stored'
            """,
            [_collection, number, _server, reason], patience);
        return true;
    }, cancel);

    /// <summary>Makes this server's uploads "failed" that it does not work on.</summary>
    /// <param name="active">The numbers that it works on.</param>
    /// <param name="age">A younger upload may be beginning.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task AbandonMineAsync(long[] active, TimeSpan age, CancellationToken cancel)
    {
        await ExecuteAsync(
"""
            UPDATE hawser.uploads SET state = 'failed', ended = now(), error = 'the server lost the ledger'
            WHERE collection = $1 AND server = $2 AND state = 'under way' AND started < now() - $4 AND number <> ALL ($3)
            """,
            [_collection, _server, active, age], cancel);
    }

    /// <summary>Makes the uploads of dead servers "failed", and forgets servers that have been dead for a day.</summary>
    public async Task AbandonDeadAsync(CancellationToken cancel)
    {
        await ExecuteAsync(
"""
            UPDATE hawser.uploads SET state = 'failed', ended = now(), error = 'the server died'
            WHERE state = 'under way'
                AND server NOT IN (SELECT id FROM hawser.servers WHERE lease_until >= now())
            """, [], cancel);
        await ExecuteAsync("DELETE FROM hawser.servers WHERE lease_until < now() - interval '1 day'", [], cancel);
    }

    /// <summary>Failed uploads of which the object store may have something, and whose servers have had the length of a
    /// lease to notice.</summary>
    public async Task<IReadOnlyList<long>> FindUncleanAsync(TimeSpan lease, CancellationToken cancel = default)
    {
        await using NpgsqlCommand command = Command(
            """
            SELECT number FROM hawser.uploads
            WHERE collection = $1 AND state = 'failed' AND NOT is_clean AND ended < now() - $2
            ORDER BY ended LIMIT 100
            """,
            _collection, lease);
        var numbers = new List<long>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            numbers.Add(reader.GetInt64(0));
        return numbers;
    }

    /// <summary>The object store has nothing of a failed upload any more.</summary>
    public async Task SetCleanAsync(long number, CancellationToken cancel)
    {
        await ExecuteAsync(
"UPDATE hawser.uploads SET is_clean = true WHERE collection = $1 AND number = $2", [_collection, number], cancel);
    }

    /// <summary>All uploads above a number, in the order of their numbers. Holds no connection between its
    /// pages.</summary>
    public async IAsyncEnumerable<LedgerEntry> ListAsync(
        long above = 0, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        while (true)
        {
            IReadOnlyList<LedgerEntry> page = await ReadPageAsync(above, PageLength, cancel);
            foreach (LedgerEntry entry in page)
                yield return entry;
            if (page.Count < PageLength)
                yield break;
            above = page[^1].Number;
        }
    }

    /// <summary>An upload; null if the number was never given.</summary>
    public async Task<LedgerEntry?> FindAsync(long number, CancellationToken cancel) =>
        (await ReadPageAsync(number - 1, 1, cancel)).FirstOrDefault(entry => entry.Number == number);

    /// <summary>Ends this server's lease, so that what it left is cleaned up at once.</summary>
    public async Task EndLeaseAsync(CancellationToken cancel = default)
    {
        await ExecuteAsync("UPDATE hawser.servers SET lease_until = now() WHERE id = $1", [_server], cancel);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    // CockroachDB's int has 64 bits.
    private static int VersionOf(object? value) => Convert.ToInt32(value, CultureInfo.InvariantCulture);

    private static string QuotaRefusal(long bytes) => $"the collection's quota of {bytes} bytes is used up";

    private static UploadState StateOf(string text) => text switch
    {
        "stored" => UploadState.Stored,
        "failed" => UploadState.Failed,
        _ => UploadState.UnderWay,
    };

    private async Task<IReadOnlyList<LedgerEntry>> ReadPageAsync(long above, int length, CancellationToken cancel)
    {
        await using NpgsqlCommand command = Command(
            """
            SELECT number, state, peer, started, ended, bytes, digest, error FROM hawser.uploads
            WHERE collection = $1 AND number > $2 ORDER BY number LIMIT $3
            """,
            _collection, above, length);
        var page = new List<LedgerEntry>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            page.Add(new LedgerEntry(
                reader.GetInt64(0), StateOf(reader.GetString(1)), reader.GetString(2), reader.GetDateTime(3),
                reader.IsDBNull(4) ? null : reader.GetDateTime(4), reader.GetInt64(5),
                reader.IsDBNull(6) ? null : reader.GetString(6), reader.IsDBNull(7) ? null : reader.GetString(7)));
        }
        return page;
    }

    /// <summary>Repeats an idempotent call while connections break, for as long as <see cref="Patience"/>.</summary>
    private static async Task<T> PersistAsync<T>(Func<CancellationToken, Task<T>> attempt, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        while (true)
        {
            try
            {
                return await attempt(patience.Token);
            }
            catch (NpgsqlException e) when (e.IsTransient)
            {
                await Task.Delay(PauseBetweenAttempts, patience.Token);
            }
        }
    }

    /// <summary>Runs a statement without a result.</summary>
    private async Task ExecuteAsync(string text, object[] parameters, CancellationToken cancel)
    {
        await using NpgsqlCommand command = Command(text, parameters);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Reads a value; null if there is no row, or no table yet.</summary>
    private async Task<object?> ReadAsync(string text, object[] parameters, CancellationToken cancel)
    {
        try
        {
            await using NpgsqlCommand command = Command(text, parameters);
            return await command.ExecuteScalarAsync(cancel);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return null;
        }
    }

    private NpgsqlCommand Command(string text, params ReadOnlySpan<object> parameters)
    {
        NpgsqlCommand command = _source.CreateCommand(text);
        foreach (object value in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string text, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(text, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
