namespace Hawser.Bench.Programs;

/// <summary>How to start a server.</summary>
/// <param name="Name">Its name in the results.</param>
/// <param name="FileName">The program.</param>
/// <param name="Arguments">Arguments with which it listens on a free port and prints it.</param>
internal sealed record ServerProgram(string Name, string FileName, params string[] Arguments)
{
    /// <summary>Text of the line that ends with its port; null if it prints none and <see cref="Port"/> is watched
    /// instead.</summary>
    public string? ListeningLine { get; init; } = "Listening on ";

    /// <summary>The port given to it, if its line does not contain it.</summary>
    public int? Port { get; init; }

    /// <summary>The file for its standard output; null to read it for the listening line only.</summary>
    public string? OutputFile { get; init; }

    /// <summary>The command line.</summary>
    public override string ToString() => $"{FileName} {string.Join(' ', Arguments)}";
}
