using System.Net;
using Hawser.Transports;

namespace Hawser.Services.Numbers;

/// <summary>The options of a numbers client.</summary>
public sealed record NumbersClientOptions
{
    /// <summary>The server's address.</summary>
    public required EndPoint Server { get; init; }

    /// <summary>The parent of <c>unsorted_files</c> and <c>sorted_files</c>.</summary>
    public required string Folder { get; init; }

    /// <summary>The number of lists. Default 100.</summary>
    public int Lists { get; init; } = 100;

    /// <summary>Concurrent connections. Default two per core.</summary>
    public int Connections { get; init; } = 2 * Environment.ProcessorCount;

    /// <summary>Threads that sort. Default one per core.</summary>
    public int Sorters { get; init; } = Environment.ProcessorCount;

    /// <summary>The numbers that each list must have; null: any.</summary>
    public int? Count { get; init; }

    /// <summary>The most numbers a list may have if <see cref="Count"/> is null. Default 10 million.</summary>
    public int MaxCount { get; init; } = NumbersProtocol.DefaultMaxCount;

    /// <summary>Keeps lists that are already on disk and well-formed.</summary>
    public bool Resume { get; init; }

    /// <summary>How often a download that breaks or is truncated is tried again. Default 2.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>The timeout for connecting, and for each further byte. Default 10 s.
    /// <see cref="Timeout.InfiniteTimeSpan"/> disables it and <see cref="MinBytesPerSecond"/>.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A list fails if it arrives more slowly than this over a whole <see cref="IdleTimeout"/>. Default
    /// 1024.</summary>
    public long MinBytesPerSecond { get; init; } = 1024;

    /// <summary>Layers between the wire and the protocol, such as <see cref="Hawser.Layers.TlsLayer"/>; see
    /// <see cref="DialOptions.Layers"/>.</summary>
    public IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>> Layers { get; init; } = [];

    /// <summary>The clock of the idle timeout and the minimum rate.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Called on any thread when a list has completed a phase.</summary>
    public Action? OnList { get; init; }

    /// <summary>The most numbers that a list may have.</summary>
    internal int MaxNumbers => Count ?? MaxCount;

    /// <summary>The same with one connection and one thread: the "before" of the exercise.</summary>
    public NumbersClientOptions Plain => this with { Connections = 1, Sorters = 1 };
}
