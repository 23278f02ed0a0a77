using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hawser.Native;
using Hawser.Services.Text;

namespace Hawser.App.CommandLine;

/// <summary>Parses addresses on the command line: <c>HOST</c>, <c>HOST:PORT</c>, <c>[::1]:PORT</c>,
/// <c>unix:PATH</c>.</summary>
internal static class ServerAddress
{
    /// <summary>The longest path of a Unix domain socket. unix(7): sun_path has 108 bytes, its end mark included; macOS
    /// has 104.</summary>
    public const int LongestUnixPathBytes = 103;

    private const string UnixPrefix = "unix:";

    /// <summary>Parses the address of a server to connect to.</summary>
    /// <exception cref="FormatException">The text is not an address.</exception>
    public static EndPoint Parse(string text, int defaultPort)
    {
        if (TryParseUnix(text, out UnixDomainSocketEndPoint? local))
            return local;
        if (IsNumber(text))
            throw new FormatException(NotAServer(text));
        (string host, string? port) = Split(text);
        int number = port is null ? defaultPort : ParsePort(port);
        if (IPAddress.TryParse(host, out IPAddress? address))
            return new IPEndPoint(address, number);
        return Uri.CheckHostName(host) == UriHostNameType.Dns
            ? new DnsEndPoint(host, number)
            : throw new FormatException($"'{host}' is not a host name or address; "
                + "use example.org, 127.0.0.1, ::1 or unix:PATH");
    }

    /// <summary>The error message for a number in place of a server.</summary>
    public static string NotAServer(string number) =>
        $"'{number}' is a number, not a server; use HOST:PORT, like 127.0.0.1:{number}";

    /// <summary>The options of <c>serve</c> for an address or port that was given without them; null if the text is
    /// neither.</summary>
    /// <param name="text">As typed.</param>
    /// <param name="port">The option for the port; null for none.</param>
    public static string? ListenOptions(string text, string? port)
    {
        if (IsUnix(text))
            return $"--host {text}";
        (string host, string? number) = text is [':', .. var rest] ? ("", rest)
            : IsNumber(text) ? ("", text)
            : Split(text);
        bool isHost = host.Length == 0 || host == "localhost" || IsAddress(host)
            || (number is not null && Uri.CheckHostName(host) == UriHostNameType.Dns);
        if (!isHost || (number is not null && !IsNumber(number)))
            return null;
        string[] options =
        [
            .. host.Length > 0 ? (string[])[$"--host {host}"] : [],
            .. number is not null && port is not null ? (string[])[$"{port} {number}"] : [],
        ];
        return options.Length > 0 ? string.Join(" ", options) : null;
    }

    /// <summary>Whether the text is a whole IP address without a port.</summary>
    public static bool IsAddress(string text) =>
        // .NET takes 8000 and 0x50 for addresses, and reads [::1]:80 without its port.
        (text.Contains(':') || text.Count(c => c == '.') == 3) && (text[0] != '[' || text[^1] == ']')
        && IPAddress.TryParse(text, out _);

    /// <summary>Whether the text is a number, like a port.</summary>
    public static bool IsNumber(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);

    /// <summary>Whether the text names a Unix domain socket.</summary>
    public static bool IsUnix(string text) => text.StartsWith(UnixPrefix, StringComparison.Ordinal);

    /// <summary>Whether the text names a port.</summary>
    public static bool HasPort(string text) => !IsUnix(text) && Split(text).Port is not null;

    /// <summary>Parses a port to connect to.</summary>
    /// <exception cref="FormatException">The text is not a port.</exception>
    public static int ParsePort(string text) => Quantity.ParseInt(text, "port", 1, 65535);

    /// <summary>Parses a port to listen on; 0 lets the system choose.</summary>
    /// <exception cref="FormatException">The text is not a port, or below <paramref name="lowest"/>.</exception>
    public static int ParseListenPort(string text, int lowest)
    {
        int port = Quantity.ParseInt(text, "port", 0, 65535);
        return port == 0 || port >= lowest
            ? port
            : throw new FormatException($"port {port} is not allowed; use {lowest} or above, or 0 for any free port");
    }

    /// <summary>Parses where to listen: an address, a name (all its addresses) or <c>unix:PATH</c>. The ports are 0.</summary>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static IReadOnlyList<EndPoint> ParseListen(string host)
    {
        if (TryParseUnix(host, out UnixDomainSocketEndPoint? local))
        {
            string path = host[UnixPrefix.Length..];
            return Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path)))
                ? [local]
                : throw new FormatException($"there is no folder for the socket '{path}'; make it first");
        }
        if (IPAddress.TryParse(host, out IPAddress? address))
            return [new IPEndPoint(address, 0)];
        try
        {
            return [.. Dns.GetHostAddresses(host).Select(found => new IPEndPoint(found, 0))];
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new FormatException(
                $"cannot resolve '{host}'; use an address of this machine, or 0.0.0.0 for all of them");
        }
    }

    /// <summary>Parses the path of a Unix domain socket.</summary>
    /// <param name="text">The path.</param>
    /// <param name="reserved">The bytes of a suffix for it.</param>
    /// <exception cref="FormatException">It is empty or too long.</exception>
    public static string ParseSocketPath(string text, int reserved = 0)
    {
        int longest = LongestUnixPathBytes - reserved;
        return text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= longest
            ? text
            : throw new FormatException($"'{text}' is not a socket's path; use 1 to {longest} bytes");
    }

    /// <summary>The same address with a port; a Unix domain socket has none.</summary>
    public static EndPoint At(EndPoint address, int port) =>
        address is IPEndPoint internet ? new IPEndPoint(internet.Address, port) : address;

    /// <summary>Checks that the path of a Unix domain socket is a socket.</summary>
    /// <exception cref="IOException">It is not.</exception>
    public static void RequireSocket(EndPoint server)
    {
        if (server is not UnixDomainSocketEndPoint)
            return;
        var file = new FileInfo(server.ToString()!);
        if (!Path.Exists(file.FullName))
            throw new IOException($"{EndPointText.Of(server)}: no such socket; is the server running?");
        if (!MayBeSocket(file))
            throw new IOException($"{EndPointText.Of(server)}: not a socket");
    }

    private static bool MayBeSocket(FileInfo file) => OperatingSystem.IsLinux()
        ? FileIdentity.OfTarget(file.FullName) is null or { Kind: FileKind.Socket }
        // .NET does not tell a socket from other files without a length.
        : !file.Attributes.HasFlag(FileAttributes.Directory) && file.Length == 0;

    // More than one colon without brackets is an IPv6 address.
    private static (string Host, string? Port) Split(string text)
    {
        int bracket = text.StartsWith('[') ? text.IndexOf(']') : -1;
        if (bracket > 0 && bracket == text.Length - 1)
            return (text[1..bracket], null);
        if (bracket > 0 && text[bracket + 1] == ':')
            return (text[1..bracket], text[(bracket + 2)..]);
        int colon = text.IndexOf(':');
        return colon > 0 && colon == text.LastIndexOf(':') ? (text[..colon], text[(colon + 1)..]) : (text, null);
    }

    private static bool TryParseUnix(string host, [NotNullWhen(true)] out UnixDomainSocketEndPoint? endPoint)
    {
        endPoint = null;
        if (!IsUnix(host))
            return false;
        endPoint = new UnixDomainSocketEndPoint(ParseSocketPath(host[UnixPrefix.Length..]));
        return true;
    }
}
