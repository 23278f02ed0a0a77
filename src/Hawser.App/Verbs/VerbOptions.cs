using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary>Options that several verbs share, and how their texts are read.</summary>
internal static class VerbOptions
{
    // unix(7): sun_path has 108 bytes, its end mark included; macOS has 104.
    private const int LongestUnixPathBytes = 103;

    /// <summary>An option whose text the verb reads itself, so that its errors are ours.</summary>
    public static Option<string> Text(
        string name, string valueName, string help, string? defaultText = null, params string[] aliases)
    {
        var option = new Option<string>(name, aliases) { Description = help, HelpName = valueName };
        if (defaultText is not null)
            option.DefaultValueFactory = _ => defaultText;
        return option;
    }

    /// <summary>The value of an option; null if it was not given and has no default.</summary>
    /// <exception cref="UsageException">It cannot be read; the message names the option.</exception>
    public static T? Read<T>(this ParseResult parsed, Option<string> option, Func<string, T> parse)
        where T : struct =>
        parsed.GetValue(option) is { } text ? Parse(option, text, parse) : null;

    /// <exception cref="UsageException">It cannot be read; the message names the option.</exception>
    public static T Parse<T>(Option option, string text, Func<string, T> parse)
    {
        try
        {
            return parse(text);
        }
        catch (FormatException e)
        {
            throw new UsageException($"{option.Name}: {e.Message}");
        }
    }

    /// <summary>A server as <c>HOST</c>, <c>HOST:PORT</c>, <c>[::1]:PORT</c> or <c>unix:PATH</c>.</summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static EndPoint ParseServer(string text, string defaultPort)
    {
        if (text.StartsWith("unix:", StringComparison.Ordinal))
            return ParseTarget(text, defaultPort);
        if (text.All(char.IsAsciiDigit) && text.Length > 0)
            throw new FormatException($"'{text}' is a number, not a server; write HOST:PORT, like 127.0.0.1:{text}");
        int bracket = text.StartsWith('[') ? text.IndexOf(']') : -1;
        if (bracket > 0 && (bracket == text.Length - 1 || text[bracket + 1] == ':'))
            return ParseTarget(text[1..bracket], bracket == text.Length - 1 ? defaultPort : text[(bracket + 2)..]);
        int colon = text.IndexOf(':');
        // With more colons it is an IPv6 address.
        return colon > 0 && colon == text.LastIndexOf(':')
            ? ParseTarget(text[..colon], text[(colon + 1)..])
            : ParseTarget(text, defaultPort);
    }

    /// <summary>A port to connect to.</summary>
    public static int ParsePort(string text) => Quantity.ParseInt(text, "port", 1, 65535);

    /// <summary>A port to listen at; 0 lets the system choose.</summary>
    public static int ParseListenPort(string text, int lowest)
    {
        int port = Quantity.ParseInt(text, "port", 0, 65535);
        return port == 0 || port >= lowest
            ? port
            : throw new FormatException($"port {port} is not allowed; use {lowest} or above, or 0 for any free port");
    }

    /// <summary>Where to connect: a name, an address, or <c>unix:PATH</c>.</summary>
    public static EndPoint ParseTarget(string host, string port)
    {
        if (TryParseUnix(host, out UnixDomainSocketEndPoint? local))
            return local;
        int number = ParsePort(port);
        if (IPAddress.TryParse(host, out IPAddress? address))
            return new IPEndPoint(address, number);
        return Uri.CheckHostName(host) == UriHostNameType.Dns
            ? new DnsEndPoint(host, number)
            : throw new FormatException($"'{host}' is not a host name or address; "
                + "write it like example.org, 127.0.0.1, ::1 or unix:PATH");
    }

    /// <summary>Where to listen: one address, all those of a name, or <c>unix:PATH</c>.</summary>
    public static IReadOnlyList<EndPoint> ParseListenAddress(string host, int port)
    {
        if (TryParseUnix(host, out UnixDomainSocketEndPoint? local))
            return [local];
        if (IPAddress.TryParse(host, out IPAddress? address))
            return [new IPEndPoint(address, port)];
        try
        {
            return [.. Dns.GetHostAddresses(host).Select(found => new IPEndPoint(found, port))];
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new FormatException(
                $"cannot resolve '{host}'; use an address of this machine, or 0.0.0.0 for all of them");
        }
    }

    private static bool TryParseUnix(string host, [NotNullWhen(true)] out UnixDomainSocketEndPoint? endPoint)
    {
        endPoint = null;
        if (!host.StartsWith("unix:", StringComparison.Ordinal))
            return false;
        string path = host["unix:".Length..];
        if (path.Length == 0 || Encoding.UTF8.GetByteCount(path) > LongestUnixPathBytes)
            throw new FormatException($"'{path}' is not a socket's path; use one of 1 to {LongestUnixPathBytes} bytes");
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
            throw new FormatException($"there is no folder for the socket '{path}'; make it first");
        endPoint = new UnixDomainSocketEndPoint(path);
        return true;
    }
}
