namespace Hawser.Cluster;

/// <summary>The state of an upload in the ledger.</summary>
public enum UploadState
{
    /// <summary>A server receives it.</summary>
    UnderWay,

    /// <summary>It is in the object store, whole.</summary>
    Stored,

    /// <summary>It was refused, or its server died. The object store has nothing of it, or will soon have.</summary>
    Failed,
}

/// <summary>An upload in the ledger.</summary>
/// <param name="Number">Its number in the collection, from 1.</param>
/// <param name="State">Its state.</param>
/// <param name="Peer">The client's address.</param>
/// <param name="Start">When it began, by the database's clock.</param>
/// <param name="End">When it was stored or failed; null if it is under way.</param>
/// <param name="Bytes">Bytes stored; 0 if it is not stored.</param>
/// <param name="Digest">Their hash, as <c>function:hex</c>; null if it is not stored.</param>
/// <param name="Error">Why it failed; null if it did not.</param>
public sealed record LedgerEntry(
    long Number, UploadState State, string Peer, DateTimeOffset Start, DateTimeOffset? End, long Bytes, string? Digest,
    string? Error);
