using System.Net;

namespace Hawser.Services.Numbers;

/// <summary>What a numbers client does.</summary>
public sealed record NumbersClientOptions
{
    /// <summary>Where the server is.</summary>
    public required EndPoint Server { get; init; }

    /// <summary>Where <c>unsorted_files</c> and <c>sorted_files</c> go.</summary>
    public required string Folder { get; init; }

    /// <summary>How many lists. Default 100.</summary>
    public int Lists { get; init; } = 100;

    /// <summary>Connections at once while downloading. Default two per core.</summary>
    public int Connections { get; init; } = 2 * Environment.ProcessorCount;

    /// <summary>Threads that sort. Default one per core.</summary>
    public int Sorters { get; init; } = Environment.ProcessorCount;

    /// <summary>How many numbers a list must have; null: any.</summary>
    public int? Count { get; init; }

    /// <summary>The most numbers a list may have if <see cref="Count"/> is null. Default 10 million.</summary>
    public int MaxCount { get; init; } = NumbersProtocol.DefaultMaxCount;

    /// <summary>Keep lists that are on disk already and well-formed.</summary>
    public bool Resume { get; init; }

    /// <summary>How often a download that breaks or is cut is begun again. Default 2.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>For the connection, and for each further byte. Default 10 s;
    /// <see cref="Timeout.InfiniteTimeSpan"/> disables it and <see cref="MinBytesPerSecond"/>.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A list fails if it arrives more slowly than this over a whole <see cref="IdleTimeout"/>. Default
    /// 1024.</summary>
    public long MinBytesPerSecond { get; init; } = 1024;

    /// <summary>The clock of both.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Told, from any thread, that one more list has passed a phase.</summary>
    public Action? OnList { get; init; }

    /// <summary>The most numbers that a list may have.</summary>
    internal int MaxNumbers => Count ?? MaxCount;

    /// <summary>The same work one by one on one thread: the "before" of the exercise.</summary>
    public NumbersClientOptions Plain => this with { Connections = 1, Sorters = 1 };
}
