using System.Net.Sockets;
using System.Text;
using Hawser.Native;

namespace Hawser.App.Serving.Takeover;

/// <summary>How a new server takes the listening sockets of the one that runs, over a Unix domain socket.</summary>
/// <remarks>
/// The new server connects. The old one stops accepting and sends one message: the sockets as descriptors (SCM_RIGHTS)
/// and, in their order, the service of each:
/// <code>
/// "hawser-takeover 1" LF (service LF)* LF
/// </code>
/// The new server begins to accept and answers <c>"started" LF</c>: then the old one drains and ends, and with it the
/// connection. If the connection ends without that answer, the old server accepts again. Each side checks the user of
/// the other.
/// </remarks>
internal static class TakeoverProtocol
{
    /// <summary>The size limit of the message.</summary>
    public const int MostBytes = 16 * 1024;

    /// <summary>How long either side waits for the other.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The answer of the new server.</summary>
    public static readonly byte[] Started = "started\n"u8.ToArray();

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
