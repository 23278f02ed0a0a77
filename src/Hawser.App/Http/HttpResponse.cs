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

    /// <summary>Writes the rest of the body, such as server-sent events, until the token fires; the end of the
    /// connection ends the body. Null: the body is whole.</summary>
    public Func<Connection, CancellationToken, Task>? Stream { get; init; }

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
            X-Content-Type-Options: nosniff
            Connection: {(keepsAlive ? "keep-alive" : "close")}{(
                Status == HttpStatus.MethodNotAllowed ? "\nAllow: GET, HEAD" : "")}


            """).ReplaceLineEndings("\r\n");
        return [.. Encoding.ASCII.GetBytes(head), .. isHead ? default : Body.Span];
    }
}
