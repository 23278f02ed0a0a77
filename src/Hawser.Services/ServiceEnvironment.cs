using System.Diagnostics.Metrics;
using Hawser.Services.Upload;

namespace Hawser.Services;

/// <summary>The environment of a service. The writers accept whole lines from any thread.</summary>
public sealed record ServiceEnvironment
{
    /// <summary>Receives the lines that the service's exercise prescribes.</summary>
    public required TextWriter Log { get; init; }

    /// <summary>Receives a line per success beyond those. Default: discarded.</summary>
    public TextWriter Events { get; init; } = TextWriter.Null;

    /// <summary>Receives a line per failure.</summary>
    public required TextWriter Errors { get; init; }

    /// <summary>Receives the service's result as bytes, if it has one.</summary>
    public required Stream Output { get; init; }

    /// <summary>Where the service creates its instruments (docs/guide/metrics.md); null for none.</summary>
    public Meter? Meter { get; init; }

    /// <summary>Opens a store that many upload servers share, for <c>--ledger</c> and <c>--sink</c>; null if there is none
    /// to open. Throws <see cref="IOException"/> or <see cref="FormatException"/>, with one line.</summary>
    public Func<UploadStoreOptions, IUploadStore>? OpenUploadStore { get; init; }

    /// <summary>Called once, with the reason, when the service can no longer work: the server must stop and the program
    /// fail.</summary>
    public required Action<string> Fail { get; init; }
}
