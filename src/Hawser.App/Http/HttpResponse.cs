using System.Globalization;
using System.Text;

namespace Hawser.App.Http;

/// <summary>A response.</summary>
/// <param name="Status">Its status.</param>
/// <param name="ContentType">The type of its body.</param>
/// <param name="Body">The whole body, or what a stream begins with.</param>
internal sealed record HttpResponse(HttpStatus Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    private const string PlainText = "text/plain; charset=utf-8";

    // Scripts and styles come from files of this server only, and no other site can frame, embed or read a response.
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Writes the rest of the body, such as server-sent events, until the token fires; the end of the
    /// connection ends the body. Null: the body is whole.</summary>
    public Func<Connection, CancellationToken, Task>? Stream { get; init; }

    /// <summary>One more header; null for none.</summary>
    public string? Header { get; init; }

    /// <summary>One line of text.</summary>
    public static HttpResponse Line(HttpStatus status, string text) =>
        new(status, PlainText, Encoding.UTF8.GetBytes($"{text}\n"));

    /// <summary>The head, and the body unless only the head is asked for.</summary>
    public byte[] ToBytes(bool isHead, bool keepsAlive)
    {
        string head = string.Create(CultureInfo.InvariantCulture, $"""
            HTTP/1.1 {Status.Code} {Status.Phrase}
            Date: {DateTime.UtcNow:R}
            Content-Type: {ContentType}
            {(Stream is null ? $"Content-Length: {Body.Length}" : "X-Accel-Buffering: no")}
            Cache-Control: no-store
            Content-Security-Policy: {Policy}
            Cross-Origin-Resource-Policy: same-origin
            Referrer-Policy: no-referrer
            X-Content-Type-Options: nosniff
            Connection: {(keepsAlive ? "keep-alive" : "close")}{(Header is null ? "" : $"\n{Header}")}


            """).ReplaceLineEndings("\r\n");
        return [.. Encoding.ASCII.GetBytes(head), .. isHead ? default : Body.Span];
    }
}
