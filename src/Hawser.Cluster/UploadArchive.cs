using System.Runtime.CompilerServices;
using Hawser.Services.Upload;

namespace Hawser.Cluster;

/// <summary>The uploads that a <see cref="ClusterStore"/> has stored, to read: without a server, and without changing
/// anything.</summary>
public sealed class UploadArchive : IAsyncDisposable
{
    private readonly PostgresLedger _ledger;
    private readonly S3Sink _sink;

    private UploadArchive(PostgresLedger ledger, S3Sink sink)
    {
        _ledger = ledger;
        _sink = sink;
    }

    /// <summary>The collection's name: bucket and prefix.</summary>
    public string Name => _sink.Address.Collection;

    /// <summary>Opens the archive of a collection.</summary>
    /// <exception cref="FormatException">An address is malformed.</exception>
    /// <exception cref="IOException">The database cannot be used, or does not know the collection.</exception>
    public static async Task<UploadArchive> OpenAsync(string ledger, string sink, CancellationToken cancel = default)
    {
        SinkAddress address = SinkAddress.Parse(sink);
        var archive = new UploadArchive(new PostgresLedger(ledger, address.Collection), new S3Sink(address));
        try
        {
            return await StoreFault.GuardAsync("--ledger", () => archive._ledger.FindLastNumberAsync(cancel)) is not null
                ? archive
                : throw new IOException($"--sink: the ledger does not know {address.Collection}");
        }
        catch
        {
            await archive.DisposeAsync();
            throw;
        }
    }

    /// <summary>All uploads in the order of their numbers, those under way and failed ones included.</summary>
    /// <exception cref="IOException">The database failed.</exception>
    public async IAsyncEnumerable<LedgerEntry> ListAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        await using IAsyncEnumerator<LedgerEntry> entries = _ledger.ListAsync(cancel: cancel).GetAsyncEnumerator(cancel);
        while (await StoreFault.GuardAsync("--ledger", () => entries.MoveNextAsync().AsTask()))
            yield return entries.Current;
    }

    /// <summary>An upload; null if the number was never given.</summary>
    /// <exception cref="IOException">The database failed.</exception>
    public Task<LedgerEntry?> FindAsync(long number, CancellationToken cancel = default) =>
        StoreFault.GuardAsync("--ledger", () => _ledger.FindAsync(number, cancel));

    /// <summary>Copies the content of a stored upload, and checks length and hash on the way.</summary>
    /// <param name="entry">It is stored.</param>
    /// <param name="target">Receives the content, also that of one that does not match.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>Null if all is as the ledger says; otherwise the difference.</returns>
    /// <exception cref="IOException">The object store, or the target, failed.</exception>
    public async Task<string?> CopyAsync(LedgerEntry entry, Stream target, CancellationToken cancel = default)
    {
        await using Stream? content = await StoreFault.GuardAsync("--sink", () => _sink.FindAsync(entry.Number, cancel));
        if (content is null)
            return "missing";
        using var hasher = new UploadHasher(UploadDigest.ParseFunction(entry.Digest!.Split(':')[0]));
        byte[] piece = new byte[128 * 1024];
        long length = 0;
        while (await StoreFault.GuardAsync("--sink", () => content.ReadAsync(piece, cancel).AsTask()) is > 0 and var read)
        {
            length += read;
            hasher.Append(piece.AsSpan(0, read));
            await target.WriteAsync(piece.AsMemory(0, read), cancel);
        }
        return length != entry.Bytes ? $"has {length} bytes, should have {entry.Bytes}"
            : $"{hasher.Finish()}" != entry.Digest ? "has other bytes than were uploaded"
            : null;
    }

    /// <summary>Reads every stored upload, and reports every object that the ledger does not have as stored.</summary>
    /// <param name="onFinding">Called with a line for every difference.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="IOException">The database or the object store failed.</exception>
    public async Task<UploadVerification> VerifyAsync(Action<string> onFinding, CancellationToken cancel = default)
    {
        int different = 0;
        var stored = new HashSet<string>();
        await foreach (LedgerEntry entry in ListAsync(cancel))
        {
            if (entry.State != UploadState.Stored)
                continue;
            string name = UploadName.Of(entry.Number);
            stored.Add(name);
            if (await CopyAsync(entry, Stream.Null, cancel) is { } difference)
            {
                onFinding($"{name}: {difference}");
                different++;
            }
        }
        int unlisted = 0;
        await using IAsyncEnumerator<string> names = _sink.ListAsync(cancel).GetAsyncEnumerator(cancel);
        while (await StoreFault.GuardAsync("--sink", () => names.MoveNextAsync().AsTask()))
        {
            if (stored.Contains(names.Current) || await FindStrangerAsync(names.Current, cancel) is not { } what)
                continue;
            onFinding($"{names.Current}: {what}");
            unlisted++;
        }
        return new UploadVerification(stored.Count - different, different, unlisted);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ledger.DisposeAsync();
        _sink.Dispose();
    }

    /// <returns>Null for an upload that was stored meanwhile, or will be.</returns>
    private async Task<string?> FindStrangerAsync(string name, CancellationToken cancel) =>
        !UploadName.TryParse(name, out long number) || await FindAsync(number, cancel) is not { } entry
            ? "not in the ledger"
            : entry.State == UploadState.Failed ? $"of a failed upload: {entry.Error}" : null;
}
