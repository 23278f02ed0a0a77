using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Hawser.Cluster;
using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Cluster;

/// <summary>Three servers behind haproxy. One after the other is killed, and the database's connections are cut, at moments
/// that nobody chose.</summary>
[Collection(ClusterTests.Name)]
public sealed class ClusterKillTest(ClusterParts parts) : IAsyncDisposable
{
    private const int Servers = 3;
    private const int ClientsAtOnce = 6;

    private static readonly string[] Models = ["threads", "epoll", "async"];

    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentDictionary<string, string> _receipts = new();
    private readonly ProgramProcess?[] _servers = new ProgramProcess?[Servers];
    private int _unconfirmed;

    // More of them by hand: HAWSER_KILLS=100 HAWSER_UPLOADS_PER_KILL=200.
    private static int Rounds => Read("HAWSER_KILLS", 5);

    private static int UploadsPerRound => Read("HAWSER_UPLOADS_PER_KILL", 20);

    public async ValueTask DisposeAsync()
    {
        foreach (ProgramProcess? server in _servers)
        {
            if (server is not null)
                await server.DisposeAsync();
        }
        _folder.Dispose();
    }

    [Fact]
    public async Task What_was_acknowledged_is_stored_whichever_server_dies()
    {
        (string Ledger, string Sink) collection = await parts.CreateCollectionAsync();
        (int Port, int Metrics)[] ports =
            [.. Enumerable.Range(0, Servers).Select(_ => (FreePort.Find(), FreePort.Find()))];
        for (int n = 0; n < Servers; n++)
            _servers[n] = await StartAsync(collection, ports[n], Models[n]);
        await using LoadBalancer balancer = await LoadBalancer.StartAsync(ports);
        var random = new Random(18);

        for (int round = 0; round < Rounds; round++)
        {
            int victim = round % Servers;
            await UploadWhileAsync(balancer.EndPoint, random, async () =>
            {
                _servers[victim]!.Signal(ProgramProcess.SIGKILL);
                await _servers[victim]!.DisposeAsync();
                await parts.Postgres.CutConnectionsAsync();
                _servers[victim] = await StartAsync(collection, ports[victim], Models[random.Next(Models.Length)]);
            });
        }
        // Afterwards all is well again.
        await Patience.UntilAsync(async () => (await ClusterParts.ListAsync(collection))
            .All(entry => entry.State != UploadState.UnderWay));
        await Patience.UntilAsync(async () => (bool)(await parts.Postgres.RunAsync(collection.Ledger,
            "SELECT count(*) = 0 FROM hawser.uploads WHERE state = 'failed' AND NOT is_clean"))!);

        LedgerEntry[] entries = await ClusterParts.ListAsync(collection);
        Assert.Equal(Enumerable.Range(1, entries.Length).Select(n => (long)n), entries.Select(entry => entry.Number));
        Dictionary<string, string?> stored = entries.Where(entry => entry.State == UploadState.Stored)
            .ToDictionary(entry => $"{entry.Number}.file", entry => entry.Digest);
        foreach ((string name, string digest) in _receipts)
            Assert.Equal(digest, stored.GetValueOrDefault(name));
        Assert.InRange(stored.Count, _receipts.Count, _receipts.Count + _unconfirmed);
        (UploadVerification found, string[] findings) = await ClusterParts.VerifyAsync(collection);
        Assert.Empty(findings);
        Assert.Equal(stored.Count, found.Verified);
        Assert.True(_receipts.Count >= Rounds * UploadsPerRound / 2, $"only {_receipts.Count} receipts");
    }

    /// <summary>Uploads with independent clients, and does something when a random part of them is done.</summary>
    private async Task UploadWhileAsync(IPEndPoint server, Random random, Func<Task> disturb)
    {
        int disturbAfter = random.Next(UploadsPerRound);
        byte[][] contents = [.. Enumerable.Range(0, UploadsPerRound).Select(_ => Content(random))];
        int begun = 0;
        Task? disturbance = null;
        await Parallel.ForEachAsync(contents, new ParallelOptions { MaxDegreeOfParallelism = ClientsAtOnce },
            async (content, _) =>
            {
                if (Interlocked.Increment(ref begun) == disturbAfter + 1)
                    disturbance = Task.Run(disturb, CancellationToken.None);
                await UploadAsync(server, content);
            });
        await disturbance!;
    }

    private async Task UploadAsync(IPEndPoint server, byte[] content)
    {
        try
        {
            UploadOutcome outcome = await UploadClient.SendAsync(
                server, new MemoryStream(content), new UploadClientOptions { IdleTimeout = Patience.Limit });
            if (outcome.Receipt is { Refusal: null } receipt)
            {
                Assert.True(outcome.IsVerified);
                Assert.True(_receipts.TryAdd(receipt.FileName!, $"{receipt.Digest}"), $"{receipt.FileName} twice");
                return;
            }
        }
        catch (Exception e) when (e is IOException or ProtocolException)
        {
            // Its server is dead, or none was there.
        }
        Interlocked.Increment(ref _unconfirmed);
    }

    private static int Read(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>Mostly small, sometimes more than a part.</summary>
    private static byte[] Content(Random random) =>
        RandomNumberGenerator.GetBytes(random.Next(10) == 0 ? random.Next(20_000_000) : random.Next(100_000));

    private async Task<ProgramProcess> StartAsync(
        (string Ledger, string Sink) collection, (int Port, int Metrics) ports, string model)
    {
        ProgramProcess server = ProgramProcess.StartWithPackages(
            parts.Swift.Credentials,
            "serve", "upload", $"{ports.Port}", _folder["spool"], "--host", "127.0.0.1", "--model", model,
            "--ledger", collection.Ledger, "--sink", collection.Sink, "--lease", "2s",
            "--metrics", $"{ports.Metrics}", "--proxy-from", "127.0.0.1");
        try
        {
            await server.ListeningAsync();
            return server;
        }
        catch (InvalidOperationException)
        {
            throw new InvalidOperationException((await server.EndAsync()).Errors);
        }
    }
}
