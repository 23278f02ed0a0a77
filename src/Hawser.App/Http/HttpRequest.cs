using System.Buffers;
using System.Globalization;
using System.Text;

namespace Hawser.App.Http;

/// <summary>A request: RFC 9112, strictly. Lines end with CRLF, no header is folded, and a request of HTTP/1.1 has one
/// Host.</summary>
/// <param name="Method">As sent.</param>
/// <param name="Path">Begins with a slash; as sent, without the query.</param>
/// <param name="Query">What follows the path's question mark; empty if nothing does.</param>
/// <param name="Authority">The host with its port, empty if none was sent.</param>
/// <param name="KeepsAlive">The client may send another request.</param>
internal sealed record HttpRequest(string Method, string Path, string Query, string Authority, bool KeepsAlive)
{
    /// <summary>The size limit of a head: 8 KiB.</summary>
    public const int HeadLimitBytes = 8 * 1024;

    /// <summary>The size limit of a body: 4 KiB.</summary>
    public const int BodyLimitBytes = 4 * 1024;

    /// <summary>The size limit of a request line.</summary>
    public const int LineLimitBytes = 2 * 1024;

    private const int MostHeaders = 64;

    private static readonly SearchValues<char> TokenLetters = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private IReadOnlyList<(string Name, string Value)> _headers = [];

    // HTTP/1.0.
    private bool _isOld;

    /// <summary>The host without its port.</summary>
    public string Host
    {
        get
        {
            int colon = Authority.LastIndexOf(':');
            return colon > Authority.LastIndexOf(']') ? Authority[..colon] : Authority;
        }
    }

    /// <summary>The length of the body, which follows the head.</summary>
    public int Length { get; private init; }

    /// <summary>The body, once it is read.</summary>
    public ReadOnlyMemory<byte> Body { get; private init; }

    /// <summary>The first value of a header; null without one.</summary>
    public string? Header(string name) => ValuesOf(_headers, name).FirstOrDefault();

    /// <summary>Reads the head of a request.</summary>
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
        while (await ReadLineAsync(left, HttpStatus.HeadTooLarge, HeadLimitBytes) is not "" and var header)
        {
            if (header is null)
                throw ProtocolException.Truncated("request");
            if (headers.Count == MostHeaders)
                throw new HttpException(HttpStatus.HeadTooLarge, $"more than {MostHeaders} headers");
            headers.Add(ParseHeader(header));
        }
        return Parse(line, headers);

        async ValueTask<string?> ReadLineAsync(int limit, HttpStatus tooLong, int? whole = null)
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
                throw new HttpException(tooLong, $"longer than {whole ?? limit} bytes");
            }
        }
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="HttpException">It is too long.</exception>
    /// <exception cref="ProtocolException">The client has left.</exception>
    public async ValueTask<HttpRequest> ReadBodyAsync(Connection connection)
    {
        if (Length > BodyLimitBytes)
            throw new HttpException(HttpStatus.ContentTooLarge, $"longer than {BodyLimitBytes} bytes");
        // RFC 9110, 10.1.1: the client waits with the body for this.
        if (Length > 0 && !_isOld && Lists(_headers, "Expect", "100-continue"))
            await connection.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray());
        byte[] body = new byte[Length];
        return Length == 0 || await connection.TryReadExactlyAsync(body)
            ? this with { Body = body }
            : throw ProtocolException.Truncated("request");
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
        string[] hosts = [.. ValuesOf(headers, "Host")];
        if (hosts.Length > 1 || (hosts.Length == 0 && !isOld))
            throw new HttpException(HttpStatus.BadRequest, $"one Host is required, not {hosts.Length}");
        bool closes = isOld || Lists(headers, "Connection", "close");
        (string path, string query, string? authority) = ParseTarget(target);
        return new HttpRequest(method, path, query, authority ?? hosts.FirstOrDefault() ?? "", KeepsAlive: !closes)
        {
            _headers = headers,
            _isOld = isOld,
            Length = ParseLength(method, headers),
        };
    }

    /// <exception cref="HttpException">The length of the body is not clear, or the method has none.</exception>
    private static int ParseLength(string method, List<(string Name, string Value)> headers)
    {
        string[] lengths = [.. ValuesOf(headers, "Content-Length")];
        int length = 0;
        if (ValuesOf(headers, "Transfer-Encoding").Any() || lengths.Length > 1
            || (lengths is [var text]
                && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length)))
            throw new HttpException(HttpStatus.BadRequest, "a body has one Content-Length");
        return length == 0 || method is not ("GET" or "HEAD")
            ? length
            : throw new HttpException(HttpStatus.BadRequest, $"{method} has no body here");
    }

    /// <summary>Whether a header, whose values are lists, has an element.</summary>
    private static bool Lists(IEnumerable<(string Name, string Value)> headers, string name, string element) =>
        ValuesOf(headers, name).SelectMany(value => value.Split(','))
            .Any(each => each.Trim().Equals(element, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> ValuesOf(IEnumerable<(string Name, string Value)> headers, string name) =>
        headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(header => header.Value);

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
    /// <returns>The authority is null for a path. RFC 9112, 3.2.2: that of a URL counts, not the header.</returns>
    private static (string Path, string Query, string? Authority) ParseTarget(string target)
    {
        const string Scheme = "http://";
        string? authority = null;
        if (target.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            int slash = target.IndexOf('/', Scheme.Length);
            authority = slash < 0 ? target[Scheme.Length..] : target[Scheme.Length..slash];
            target = slash < 0 ? "/" : target[slash..];
        }
        if (!target.StartsWith('/') || target.Any(letter => letter is <= ' ' or >= '\x7f' or '#'))
            throw new HttpException(HttpStatus.BadRequest, "the target is not a path");
        int query = target.IndexOf('?');
        return query < 0 ? (target, "", authority) : (target[..query], target[(query + 1)..], authority);
    }

    /// <summary>RFC 9110, 5.6.2.</summary>
    private static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenLetters);
}
