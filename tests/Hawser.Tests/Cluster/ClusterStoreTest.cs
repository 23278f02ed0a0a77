using Hawser.Cluster;
using Hawser.Services;
using Hawser.Services.Upload;
using Hawser.Tests.Services;
using Hawser.Tests.Services.Ping.Load;
using Hawser.Tests.Services.Upload;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Cluster;

/// <summary>Upload servers that share a database and an object store, in one process.</summary>
[Collection(ClusterTests.Name)]
public sealed class ClusterStoreTest(ClusterParts parts) : IAsyncLifetime
{
    private const int PartBytes = 8 * 1024 * 1024;

    private readonly TemporaryFolder _folder = new();
    private (string Ledger, string Sink) _collection;

    public async ValueTask InitializeAsync() => _collection = await parts.CreateCollectionAsync();

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory, Models]
    public async Task Every_byte_arrives_whatever_the_model_and_the_size(string model)
    {
        await using UploadServer server = Start(model);
        byte[][] contents =
            [.. new[] { 0, 1, PartBytes - 1, PartBytes, (2 * PartBytes) + 5 }.Select(length => Random(length))];

        for (int n = 0; n < contents.Length; n++)
            Assert.Equal(UploadServer.ReceiptOf(n + 1, contents[n]), await server.UploadAsync(contents[n]));

        for (int n = 0; n < contents.Length; n++)
            Assert.Equal(contents[n], await ClusterParts.ReadAsync(_collection, n + 1));
        Assert.Equal(new UploadVerification(contents.Length, 0, 0), (await ClusterParts.VerifyAsync(_collection)).Found);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["spool"]));
    }

    [Fact]
    public async Task Servers_share_the_numbers_without_a_gap()
    {
        const int Each = 30;
        await using UploadServer one = Start("epoll");
        await using UploadServer other = Start("async");

        string[] receipts = await Task.WhenAll(Enumerable.Range(0, 2 * Each)
            .Select(n => (n % 2 == 0 ? one : other).UploadAsync([(byte)n])));

        int[] numbers = [.. receipts.Select(receipt => int.Parse(receipt.Split(' ')[1].Split('.')[0]))];
        Assert.Equal(Enumerable.Range(1, 2 * Each), numbers.Order());
        for (int n = 0; n < numbers.Length; n += 7)
            Assert.Equal([(byte)n], await ClusterParts.ReadAsync(_collection, numbers[n]));
    }

    [Fact]
    public async Task Servers_that_start_at_once_create_the_tables_once()
    {
        ClusterStore[] stores = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => OpenAsync()));

        foreach (ClusterStore store in stores)
            await store.DisposeAsync();
        Assert.Equal(1L, await parts.Postgres.RunAsync(_collection.Ledger, "SELECT count(*) FROM hawser.versions"));
    }

    [Fact]
    public async Task A_reset_upload_is_recorded_as_failed_and_the_next_has_the_next_number()
    {
        await using UploadServer server = Start("threads", settings => settings.Set(UploadService.Lease, "1s"));
        using (RawPeer peer = await server.ConnectAsync())
        {
            await peer.SendAsync(Random(PartBytes + 1));
            await Patience.UntilAsync(async () => await StatesAsync() is [UploadState.UnderWay]);
            peer.Reset();
        }
        await Patience.UntilAsync(async () => await StatesAsync() is [UploadState.Failed]);

        Assert.Equal(UploadServer.ReceiptOf(2, [7]), await server.UploadAsync([7]));

        // The part that was stored is removed.
        await Patience.UntilAsync(async () => (bool)(await parts.Postgres.RunAsync(
            _collection.Ledger, "SELECT is_clean FROM hawser.uploads WHERE number = 1"))!);
        Assert.Equal(new UploadVerification(1, 0, 0), (await ClusterParts.VerifyAsync(_collection)).Found);
    }

    [Theory]
    [InlineData("max-bytes", "10", 11, "ERROR an upload has at most 10 bytes\n")]
    [InlineData("quota", "10", 11, "ERROR the collection's quota of 10 bytes is used up\n")]
    [InlineData("max-files", "0", 1, "ERROR the collection has 0 files, its limit\n")]
    public async Task A_limit_refuses_and_says_which(string option, string value, int bytes, string answer)
    {
        ServiceOption limit = new UploadService().Options.Single(known => known.Name == option);
        await using UploadServer server = Start("epoll", settings => settings.Set(limit, value));

        Assert.Equal(answer, await server.UploadAsync(Random(bytes)));

        Assert.DoesNotContain(UploadState.Stored, await StatesAsync());
    }

    [Fact]
    public async Task A_quota_counts_what_all_servers_store()
    {
        await using UploadServer one = Start("epoll", settings => settings.Set(UploadService.Quota, "100"));
        await using UploadServer other = Start("epoll", settings => settings.Set(UploadService.Quota, "100"));

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(n => (n % 2 == 0 ? one : other).UploadAsync(Random(10))));

        Assert.Equal(10, answers.Count(answer => answer.StartsWith("OK", StringComparison.Ordinal)));
        Assert.Equal(100L, await parts.Postgres.RunAsync(
            _collection.Ledger, "SELECT stored_bytes FROM hawser.collections"));
    }

    [Fact]
    public async Task An_upload_that_another_server_gave_up_is_not_acknowledged()
    {
        await using UploadServer server = Start("epoll");
        using RawPeer peer = await server.ConnectAsync();
        await peer.SendAsync("abc"u8.ToArray());
        await Patience.UntilAsync(async () => await StatesAsync() is [UploadState.UnderWay]);
        await parts.Postgres.RunAsync(_collection.Ledger,
            "UPDATE hawser.uploads SET state = 'failed', ended = now(), error = 'the server died'");
        peer.FinishSending();

        Assert.Equal("ERROR the server was too slow to renew its lease; send it again\n", await peer.ReadToEndAsync());

        (UploadVerification found, string[] findings) = await ClusterParts.VerifyAsync(_collection);
        Assert.Equal(new UploadVerification(0, 0, 1), found);
        Assert.Equal(["1.file: of a failed upload: the server died"], findings);
    }

    [Fact]
    public async Task A_statement_whose_connection_broke_is_repeated()
    {
        await using UploadServer server = Start("epoll");
        using RawPeer peer = await server.ConnectAsync();
        await peer.SendAsync("abc"u8.ToArray());
        await Patience.UntilAsync(async () => await StatesAsync() is [UploadState.UnderWay]);
        await parts.Postgres.CutConnectionsAsync();
        peer.FinishSending();

        Assert.Equal(UploadServer.ReceiptOf(1, "abc"u8.ToArray()), await peer.ReadToEndAsync());
    }

    [Fact]
    public async Task The_database_may_end_every_connection_at_any_time()
    {
        await using UploadServer server = Start("async");
        using var enough = new CancellationTokenSource();
        Task cutting = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
                await parts.Postgres.CutConnectionsAsync();
        });

        byte[][] contents = [.. Enumerable.Range(1, 40).Select(Random)];
        string[] answers = new string[contents.Length];
        await Parallel.ForAsync(0, contents.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (n, _) => answers[n] = await server.UploadAsync(contents[n]));
        await enough.CancelAsync();
        await cutting;

        LedgerEntry[] entries = await ClusterParts.ListAsync(_collection);
        Assert.Equal(Enumerable.Range(1, entries.Length).Select(n => (long)n), entries.Select(entry => entry.Number));
        for (int n = 0; n < answers.Length; n++)
        {
            if (!answers[n].StartsWith("OK ", StringComparison.Ordinal))
                continue;
            int number = int.Parse(answers[n].Split(' ')[1].Split('.')[0]);
            Assert.Equal(UploadServer.ReceiptOf(number, contents[n]), answers[n]);
            Assert.Equal(contents[n], await ClusterParts.ReadAsync(_collection, number));
        }
        Assert.Contains(answers, answer => answer.StartsWith("OK ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Objects_of_an_unknown_ledger_are_not_overwritten()
    {
        await using (UploadServer server = Start("epoll"))
            await server.UploadAsync([1]);
        string elsewhere = await parts.Postgres.CreateDatabaseAsync();

        IOException refused = await Assert.ThrowsAsync<IOException>(() => ClusterStore.OpenAsync(Options() with { Ledger = elsewhere }));

        Assert.Contains("has objects that the ledger does not know", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_that_came_too_late_is_removed()
    {
        await using UploadServer server = Start("epoll", settings => settings.Set(UploadService.Lease, "1s"));
        using RawPeer peer = await server.ConnectAsync();
        await peer.SendAsync("abc"u8.ToArray());
        await Patience.UntilAsync(async () => await StatesAsync() is [UploadState.UnderWay]);
        // As if the server had slept for longer than its lease, and another one had cleaned up.
        await parts.Postgres.RunAsync(_collection.Ledger,
            "UPDATE hawser.uploads SET state = 'failed', ended = now() - interval '1 hour', error = 'x', is_clean = true");
        peer.FinishSending();
        Assert.StartsWith("ERROR ", await peer.ReadToEndAsync());

        await Patience.UntilAsync(async () => (await ClusterParts.VerifyAsync(_collection)).Found.Unlisted == 0);
    }

    [Fact]
    public async Task An_object_store_that_hangs_does_not_cost_the_lease()
    {
        using var hanging = new RawServer();
        string sink = _collection.Sink.Replace(parts.Swift.EndPoint, $"http://{hanging.EndPoint}", StringComparison.Ordinal);
        await using (UploadServer first = Start("epoll"))
            await first.UploadAsync([1]);
        // An upload to clean up, which takes for ever.
        await parts.Postgres.RunAsync(_collection.Ledger, """
            INSERT INTO hawser.uploads (collection, number, state, server, peer, ended)
            SELECT name, 2, 'failed', gen_random_uuid(), 'x', now() - interval '1 hour' FROM hawser.collections;
            UPDATE hawser.collections SET last_number = 2
            """);
        var address = SinkAddress.Parse(sink);
        await using var ledger = new PostgresLedger(_collection.Ledger, address.Collection);
        await using ClusterStore store = new ClusterStore(
            Options() with { Sink = sink, Lease = TimeSpan.FromSeconds(1) }, ledger, new S3Sink(address));
        using RawPeer request = await hanging.AcceptAsync();

        long begin = (long)(await LeasesAsync())!;
        await Patience.UntilAsync(async () => (long)(await LeasesAsync())! > begin + 2_000_000);
    }

    [Fact]
    public async Task After_an_outage_servers_have_time_to_renew_their_leases()
    {
        const int LeaseSeconds = 6;
        await using (await OpenAsync())
        {
        }
        string one = await CreateUserAsync("one");
        string other = await CreateUserAsync("other");
        await using UploadServer first = StartAs(one);
        await using UploadServer second = StartAs(other);
        using RawPeer peer = await first.ConnectAsync();
        await peer.SendAsync(new byte[] { 7 });
        await Patience.UntilAsync(async () => await StatesAsync() is [UploadState.UnderWay]);

        await SetLoginAsync(one, "NOLOGIN");
        await SetLoginAsync(other, "NOLOGIN");
        await Patience.UntilAsync(async () => await LiveAsync() == 0);
        // The client must not be idle for ten seconds.
        await peer.SendAsync(new byte[] { 8 });
        // Where no time is given, the second renewal comes after the first server's uploads were given up.
        await SetLoginAsync(other, "LOGIN");
        await Patience.UntilAsync(async () => await LiveAsync() == 1);
        long renewed = (long)(await LeasesAsync())!;
        await Patience.UntilAsync(async () => (long)(await LeasesAsync())! > renewed);
        await SetLoginAsync(one, "LOGIN");
        await Patience.UntilAsync(async () => await LiveAsync() == 2);
        peer.FinishSending();

        Assert.Equal(UploadServer.ReceiptOf(1, [7, 8]), await peer.ReadToEndAsync());

        UploadServer StartAs(string ledger) => Start("epoll", settings => settings
            .Set(UploadService.Ledger, ledger).Set(UploadService.Lease, $"{LeaseSeconds}s"));

        async Task<long> LiveAsync() => (long)(await parts.Postgres.RunAsync(
            _collection.Ledger, "SELECT count(*) FROM hawser.servers WHERE lease_until > now()"))!;
    }

    [Fact]
    public async Task Numbers_that_a_restored_database_has_forgotten_are_not_given_again()
    {
        await using (UploadServer server = Start("epoll"))
        {
            for (int n = 1; n <= 3; n++)
                await server.UploadAsync([(byte)n]);
        }
        // As a backup has it that was made after the first; the second failed.
        await parts.Postgres.RunAsync(_collection.Ledger,
            "DELETE FROM hawser.uploads WHERE number > 1; UPDATE hawser.collections SET last_number = 1");
        using (var sink = new S3Sink(SinkAddress.Parse(_collection.Sink)))
            await sink.RemoveAsync(2);

        IOException refused = await Assert.ThrowsAsync<IOException>(OpenAsync);

        Assert.Matches(
            @"^--ledger: has given numbers up to 1, but [^ ]+ has 3\.file; was the database restored[^\n]*$", refused.Message);
    }

    [Fact]
    public async Task Once_the_tables_are_there_a_server_needs_no_right_to_create_any()
    {
        await using (await OpenAsync())
        {
        }
        string user = await CreateUserAsync("server");

        await using UploadServer server = Start("epoll", settings => settings.Set(UploadService.Ledger, user));

        Assert.Equal(UploadServer.ReceiptOf(1, [7]), await server.UploadAsync([7]));
    }

    [Theory]
    [InlineData("s3://nobucket/x", "NoSuchBucket")]
    [InlineData("s3://Not_A_Bucket/x", "InvalidBucketName")]
    public async Task An_error_of_the_object_store_is_reported_in_one_line(string sink, string code)
    {
        IOException refused = await Assert.ThrowsAsync<IOException>(
            () => ClusterStore.OpenAsync(Options() with { Sink = $"{sink}?endpoint={parts.Swift.EndPoint}" }));

        Assert.Matches($"^--sink: the object store answers 40[04] {code}[^\n]*$", refused.Message);
    }

    [Fact]
    public async Task An_unreachable_part_is_named_in_one_line()
    {
        string nowhere = $"127.0.0.1:{FreePort.Find()}";

        IOException ledger = await Assert.ThrowsAsync<IOException>(
            () => ClusterStore.OpenAsync(Options() with { Ledger = $"postgres://hawser@{nowhere}/none" }));
        IOException sink = await Assert.ThrowsAsync<IOException>(
            () => ClusterStore.OpenAsync(Options() with { Sink = $"s3://uploads/x?endpoint=http://{nowhere}" }));

        Assert.Matches("^--ledger: .*refused[^\n]*$", ledger.Message);
        Assert.Matches("^--sink: .*refused[^\n]*$", sink.Message);
    }

    private static byte[] Random(int length)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    private UploadServer Start(string model, Action<ServiceSettings>? with = null) =>
        UploadServer.Start(_folder["spool"], model, settings =>
        {
            settings.Set(UploadService.Ledger, _collection.Ledger).Set(UploadService.Sink, _collection.Sink);
            with?.Invoke(settings);
        });

    private UploadStoreOptions Options() =>
        new() { Ledger = _collection.Ledger, Sink = _collection.Sink, Spool = _folder["spool"] };

    /// <returns>The ledger's address for a user that may use the tables, and no more.</returns>
    private async Task<string> CreateUserAsync(string name)
    {
        var address = new UriBuilder(_collection.Ledger);
        address.UserName = $"{name}_{address.Path.Trim('/')}";
        await parts.Postgres.RunAsync(_collection.Ledger, $"""
            CREATE ROLE {address.UserName} LOGIN;
            GRANT USAGE ON SCHEMA hawser TO {address.UserName};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA hawser TO {address.UserName}
            """);
        return $"{address.Uri}";
    }

    /// <summary>Lets a user in, or shuts it out.</summary>
    private async Task SetLoginAsync(string ledger, string can)
    {
        string user = new Uri(ledger).UserInfo;
        await parts.Postgres.RunAsync(ledger, $"ALTER ROLE {user} {can}");
        await parts.Postgres.RunAsync(
            ledger, $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{user}'");
    }

    private Task<object?> LeasesAsync() => parts.Postgres.RunAsync(_collection.Ledger,
        "SELECT (extract(epoch FROM max(lease_until)) * 1000000)::bigint FROM hawser.servers");

    private Task<ClusterStore> OpenAsync() => ClusterStore.OpenAsync(Options());

    private async Task<UploadState[]> StatesAsync() =>
        [.. (await ClusterParts.ListAsync(_collection)).Select(entry => entry.State)];
}
