using System.Buffers;
using System.Text;

namespace Hawser.App.Http;

/// <summary>The head of a request without a body: RFC 9112, strictly. Lines end with CRLF, no header is folded, and a
/// request of HTTP/1.1 has one Host.</summary>
/// <param name="Method">GET or HEAD.</param>
/// <param name="Path">Begins with a slash; as sent, without the query.</param>
/// <param name="Host">The host without its port, empty if none was sent.</param>
/// <param name="KeepsAlive">The client may send another request.</param>
internal sealed record HttpRequest(string Method, string Path, string Host, bool KeepsAlive)
{
    /// <summary>The size limit of a head: 8 KiB.</summary>
    public const int HeadLimitBytes = 8 * 1024;

    /// <summary>The size limit of a request line.</summary>
    public const int LineLimitBytes = 2 * 1024;

    private const int MostHeaders = 64;

    private static readonly SearchValues<char> TokenLetters = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>Reads a request.</summary>
    /// <returns>Null when the client has finished.</returns>
    /// <exception cref="HttpException">The request is to be answered with an error.</exception>
    public static async ValueTask<HttpRequest?> ReadAsync(Connection connection)
    {
        int left = HeadLimitBytes;
        string? line = await ReadLineAsync(LineLimitBytes, HttpStatus.UriTooLong);
        // RFC 9112, 2.2: an empty line before the request.
        if (line is "")
            line = await ReadLineAsync(LineLimitBytes, HttpStatus.UriTooLong);
        if (line is null)
            return null;
        var headers = new List<(string Name, string Value)>();
        while (await ReadLineAsync(left, HttpStatus.HeadTooLarge) is not "" and var header)
        {
            if (header is null)
                throw ProtocolException.Truncated("request");
            if (headers.Count == MostHeaders)
                throw new HttpException(HttpStatus.HeadTooLarge, $"more than {MostHeaders} headers");
            headers.Add(ParseHeader(header));
        }
        return Parse(line, headers);

        async ValueTask<string?> ReadLineAsync(int limit, HttpStatus tooLong)
        {
            try
            {
                if (await connection.TryReadLineAsync(Math.Max(1, limit)) is not { } bytes)
                    return null;
                left -= bytes.Length + 1;
                return bytes.Span is [.. var content, (byte)'\r']
                    ? Encoding.Latin1.GetString(content)
                    : throw new HttpException(HttpStatus.BadRequest, "a line does not end with CRLF");
            }
            catch (ProtocolException e) when (e.Reason == CloseReason.ProtocolError)
            {
                throw new HttpException(tooLong, $"longer than {limit} bytes");
            }
        }
    }

    private static HttpRequest Parse(string line, List<(string Name, string Value)> headers)
    {
        if (line.Split(' ') is not [var method, var target, var version] || !IsToken(method))
            throw new HttpException(HttpStatus.BadRequest, "not a request line: METHOD TARGET HTTP/1.1");
        bool isOld = version == "HTTP/1.0";
        if (!isOld && version != "HTTP/1.1")
        {
            throw version.StartsWith("HTTP/", StringComparison.Ordinal)
                ? new HttpException(HttpStatus.VersionNotSupported, "only HTTP/1.1 and HTTP/1.0 are served")
                : new HttpException(HttpStatus.BadRequest, "not a request line: METHOD TARGET HTTP/1.1");
        }
        string[] hosts = [.. Values("Host")];
        if (hosts.Length > 1 || (hosts.Length == 0 && !isOld))
            throw new HttpException(HttpStatus.BadRequest, $"one Host is required, not {hosts.Length}");
        if (method is not ("GET" or "HEAD"))
            throw new HttpException(HttpStatus.MethodNotAllowed, "only GET and HEAD are served");
        if (Values("Transfer-Encoding").Any() || Values("Content-Length").Any(length => length != "0"))
            throw new HttpException(HttpStatus.BadRequest, $"{method} has no body here");
        bool closes = isOld || Values("Connection").SelectMany(value => value.Split(','))
            .Any(option => option.Trim().Equals("close", StringComparison.OrdinalIgnoreCase));
        return new HttpRequest(
            method, ParseTarget(target), WithoutPort(hosts.FirstOrDefault() ?? ""), KeepsAlive: !closes);

        IEnumerable<string> Values(string name) => headers
            .Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(header => header.Value);
    }

    private static (string Name, string Value) ParseHeader(string line)
    {
        int colon = line.IndexOf(':');
        if (colon < 1 || !IsToken(line.AsSpan(0, colon)))
            throw new HttpException(HttpStatus.BadRequest, "not a header: NAME: VALUE");
        string value = line[(colon + 1)..].Trim(' ', '\t');
        if (value.Any(letter => letter != '\t' && char.IsControl(letter)))
            throw new HttpException(HttpStatus.BadRequest, "a header has a control character");
        return (line[..colon], value);
    }

    /// <exception cref="HttpException">It is neither a path nor an absolute URL.</exception>
    private static string ParseTarget(string target)
    {
        const string Scheme = "http://";
        if (target.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            int slash = target.IndexOf('/', Scheme.Length);
            target = slash < 0 ? "/" : target[slash..];
        }
        if (!target.StartsWith('/') || target.Any(letter => letter is <= ' ' or >= '\x7f' or '#'))
            throw new HttpException(HttpStatus.BadRequest, "the target is not a path");
        int query = target.IndexOf('?');
        return query < 0 ? target : target[..query];
    }

    private static string WithoutPort(string host)
    {
        int colon = host.LastIndexOf(':');
        return colon > host.LastIndexOf(']') ? host[..colon] : host;
    }

    /// <summary>RFC 9110, 5.6.2.</summary>
    private static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenLetters);
}
