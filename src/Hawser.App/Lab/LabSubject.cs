using System.Text.Json.Serialization;
using Hawser.App.CommandLine;
using Hawser.App.Lab.Processes;
using Hawser.Services.Ping.Load;

namespace Hawser.App.Lab;

/// <summary>What is compared: a Hawser server under one model, a running server, or a command that starts
/// one.</summary>
/// <param name="Name">Its name in the results.</param>
/// <param name="Model">The model to start a server with; null for other servers.</param>
/// <param name="Address">HOST:PORT of a running server; null for one to start.</param>
/// <param name="Command">The command that starts a server on <see cref="PortMark"/>; null for other servers.</param>
/// <param name="Wire">The name of its protocol; null for ping.</param>
internal sealed record LabSubject(
    string Name, string? Model, string? Address, string? Command = null, string? Wire = null)
{
    /// <summary>Stands for the port in <see cref="Command"/>.</summary>
    public const string PortMark = "{port}";

    private const string Own = "hawser";

    /// <summary>Where the program of <see cref="Command"/> is, if that does not say.</summary>
    [JsonIgnore]
    public string? Program { get; init; }

    /// <summary>It takes part under every setting; other programs only under those that configure the load.</summary>
    [JsonIgnore]
    public bool TakesEverySetting => Model is not null && Name != LabFloor.Name;

    /// <summary>Another program. Those whose name begins with <c>hawser</c> are ours, whatever starts them.</summary>
    [JsonIgnore]
    public bool IsRival => Model is null && Name != LabFloor.Name && !Name.StartsWith(Own, StringComparison.Ordinal);

    /// <summary>Parses <c>NAME=[WIRE:]HOST:PORT</c> and <c>NAME=[WIRE:]COMMAND</c>.</summary>
    /// <remarks>The wire is a prefix because it belongs to the server, as the scheme of a URL does: under one setting,
    /// servers of several protocols are compared.</remarks>
    /// <exception cref="FormatException">It is neither; the message says what would be.</exception>
    public static LabSubject Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new FormatException($"'{text}' is not NAME=HOST:PORT or NAME=COMMAND; use c='build/server {{port}}'");
        string name = text[..equals];
        string server = text[(equals + 1)..];
        int colon = server.IndexOf(':', StringComparison.Ordinal);
        LoadWire? wire = colon < 0 ? null : LoadWire.All.FirstOrDefault(known => known.Name == server[..colon]);
        return (wire is null ? null : TryParse(name, server[(colon + 1)..], wire))
            ?? TryParse(name, server, LoadWire.Ping)
            ?? throw new FormatException(
                $"'{server}' is neither HOST:PORT nor a command with {PortMark}; use 127.0.0.1:7000 or "
                + "'build/server {port}'");
    }

    /// <summary>The words of the command.</summary>
    /// <param name="port">Replaces <see cref="PortMark"/>.</param>
    public IReadOnlyList<string> CommandAt(int port)
    {
        string[] words =
            [.. ShellWords.Split(Command!).Select(word => word.Replace(PortMark, $"{port}", StringComparison.Ordinal))];
        return Program is null ? words : [Program, .. words[1..]];
    }

    private static LabSubject? TryParse(string name, string server, LoadWire wire)
    {
        string? wireName = wire == LoadWire.Ping ? null : wire.Name;
        if (server.Contains(PortMark, StringComparison.Ordinal))
        {
            _ = ShellWords.Split(server);
            return new LabSubject(name, null, null, server, wireName);
        }
        if (!ServerAddress.HasPort(server) && !ServerAddress.IsUnix(server))
            return null;
        _ = ServerAddress.Parse(server, defaultPort: 0);
        return new LabSubject(name, null, server, null, wireName);
    }
}
