using Hawser.Cluster;
using Hawser.Services.Upload;
using Xunit;

namespace Hawser.Tests.Cluster;

/// <summary>The tests of a cluster, one after the other, on the same parts.</summary>
[CollectionDefinition(Name)]
public sealed class ClusterTests : ICollectionFixture<ClusterParts>
{
    public const string Name = "cluster";
}

/// <summary>The real parts of a cluster: a database and an object store, which tests share. They start with the first
/// test, which is skipped where they are missing.</summary>
public sealed class ClusterParts : IAsyncDisposable
{
    private readonly Lazy<Task> _started;
    private int _prefixes;

    public ClusterParts() => _started = new Lazy<Task>(StartAsync);

    internal PostgresServer Postgres { get; private set; } = null!;

    internal SwiftServer Swift { get; private set; } = null!;

    public async ValueTask DisposeAsync()
    {
        if (Swift is not null)
            await Swift.DisposeAsync();
        if (Postgres is not null)
            await Postgres.DisposeAsync();
    }

    /// <summary>An empty collection in a database of its own.</summary>
    internal async Task<(string Ledger, string Sink)> CreateCollectionAsync()
    {
        await _started.Value;
        return (
            await Postgres.CreateDatabaseAsync(),
            $"s3://{Swift.Bucket}/test-{Interlocked.Increment(ref _prefixes)}?endpoint={Swift.EndPoint}");
    }

    /// <summary>Everything in the ledger.</summary>
    internal static async Task<LedgerEntry[]> ListAsync((string Ledger, string Sink) collection)
    {
        await using UploadArchive archive = await UploadArchive.OpenAsync(collection.Ledger, collection.Sink);
        var entries = new List<LedgerEntry>();
        await foreach (LedgerEntry entry in archive.ListAsync())
            entries.Add(entry);
        return [.. entries];
    }

    /// <summary>Reads everything that is stored.</summary>
    internal static async Task<(UploadVerification Found, string[] Findings)> VerifyAsync(
        (string Ledger, string Sink) collection)
    {
        await using UploadArchive archive = await UploadArchive.OpenAsync(collection.Ledger, collection.Sink);
        var findings = new List<string>();
        return (await archive.VerifyAsync(findings.Add), [.. findings]);
    }

    /// <summary>What an upload holds.</summary>
    internal static async Task<byte[]> ReadAsync((string Ledger, string Sink) collection, long number)
    {
        await using UploadArchive archive = await UploadArchive.OpenAsync(collection.Ledger, collection.Sink);
        var content = new MemoryStream();
        Assert.Null(await archive.CopyAsync((await archive.FindAsync(number))!, content));
        return content.ToArray();
    }

    private async Task StartAsync()
    {
        Postgres = await PostgresServer.StartAsync();
        Swift = await SwiftServer.StartAsync();
        foreach ((string name, string value) in Swift.Credentials)
            Environment.SetEnvironmentVariable(name, value);
    }
}
