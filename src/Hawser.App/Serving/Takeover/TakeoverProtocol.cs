using System.Net.Sockets;
using System.Text;
using Hawser.Native;

namespace Hawser.App.Serving.Takeover;

/// <summary>How a new server takes the listening sockets of the one that runs, over a Unix domain socket.</summary>
/// <remarks>
/// The new server connects and sends <c>"take" LF</c>. Only then does the old one stop accepting. It sends one message:
/// the sockets as descriptors (SCM_RIGHTS) and, in their order, the service of each:
/// <code>
/// "hawser-takeover 1" LF (service LF)* LF
/// </code>
/// The new server begins to accept and answers <c>"started" LF</c>: then the old one drains and ends, and with it the
/// connection. If the connection ends without that answer, or the answer takes longer than 30 s, the old server accepts
/// again: it shuts down its receiving side, so that a later answer fails, and sends <c>"resumed" LF</c>, at which the
/// new server ends. If the connection ends without it, the old server has ended. Each side checks the user of the
/// other.
/// </remarks>
internal static class TakeoverProtocol
{
    /// <summary>The size limit of the message.</summary>
    public const int MostBytes = 16 * 1024;

    /// <summary>How long either side waits for the other.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>How long the old server waits for the request: it comes with the connection.</summary>
    public static readonly TimeSpan RequestPatience = TimeSpan.FromSeconds(1);

    /// <summary>The request of the new server.</summary>
    public static readonly byte[] Take = "take\n"u8.ToArray();

    /// <summary>The answer of the new server.</summary>
    public static readonly byte[] Started = "started\n"u8.ToArray();

    /// <summary>What the old server sends if it accepts again.</summary>
    public static readonly byte[] Resumed = "resumed\n"u8.ToArray();

    /// <summary>The name of the sockets of <c>--metrics</c> among those of the services.</summary>
    public const string Metrics = "metrics";

    /// <summary>The same for <c>--dashboard</c>.</summary>
    public const string Dashboard = "dashboard";

    /// <summary>The most bytes that follow the path in the name of its temporary file: a dot and the process
    /// id.</summary>
    public const int LongestSuffix = 11;

    private const string Version = "hawser-takeover 1";

    /// <summary>Writes the message of the old server.</summary>
    public static byte[] Write(IEnumerable<string> services) =>
        Encoding.ASCII.GetBytes($"{Version}\n{string.Concat(services.Select(service => service + "\n"))}\n");

    /// <summary>Reads the message of the old server.</summary>
    /// <param name="message">The message.</param>
    /// <param name="sockets">The number of its sockets.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static IReadOnlyList<string> Read(ReadOnlySpan<byte> message, int sockets)
    {
        string[] lines = Encoding.ASCII.GetString(message).Split('\n');
        return lines is [Version, .. var services, "", ""] && services.Length == sockets
            ? services
            : throw new FormatException("the server there speaks another version of the takeover; stop it first");
    }

    /// <summary>Whether the peer runs as the same user or as root.</summary>
    public static bool IsTrusted(Socket peer) =>
        OperatingSystem.IsLinux() && ProcessUser.OfPeer(peer) is { } user
        && (user == 0 || user == ProcessUser.Own());
}
