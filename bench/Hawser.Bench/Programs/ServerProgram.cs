using Hawser.Bench.Load;

namespace Hawser.Bench.Programs;

/// <summary>A server that can be started.</summary>
/// <param name="Name">What the results call it.</param>
/// <param name="FileName">The program.</param>
/// <param name="Arguments">With these it listens at a port of the system's choice and says so.</param>
internal sealed record ServerProgram(string Name, string FileName, params string[] Arguments)
{
    /// <summary>How it says that it listens, with its port at the end of the line; null when nobody reads it, and
    /// <see cref="Port"/> is watched instead.</summary>
    public string? ListeningLine { get; init; } = "Listening on ";

    /// <summary>Where it was told to listen, if its line does not say it.</summary>
    public int? Port { get; init; }

    /// <summary>A file that takes its standard output; null when it is only listened to.</summary>
    public string? OutputFile { get; init; }

    /// <summary>What it speaks.</summary>
    public PingWire Wire { get; init; } = PingWire.Ping;

    /// <summary>What it is compared with; null for a reference.</summary>
    public string? Reference { get; init; }

    /// <summary>It is the <c>hawser</c> that is measured, and no rival.</summary>
    public bool IsOwn { get; init; }

    /// <summary>As on a command line.</summary>
    public override string ToString() => $"{FileName} {string.Join(' ', Arguments)}";
}
