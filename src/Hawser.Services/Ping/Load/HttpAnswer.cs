using System.Buffers.Text;

namespace Hawser.Services.Ping.Load;

/// <summary>Finds the end of an HTTP/1.1 response (RFC 9112): by its Content-Length, by its chunks, or after the
/// header of a status without content.</summary>
internal static class HttpAnswer
{
    /// <returns>The length of the response at the start of the received bytes; 0 if it is not complete.</returns>
    /// <exception cref="ProtocolException">Not HTTP/1.1, a status other than 2xx, or a response that ends with the
    /// connection.</exception>
    public static int Match(ReadOnlySpan<byte> received)
    {
        ReadOnlySpan<byte> version = "HTTP/1.1 2"u8;
        if (!received.StartsWith(version[..Math.Min(version.Length, received.Length)]))
            throw new ProtocolException("the server answered a GET with something else than HTTP/1.1 2xx");
        int end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return 0;
        ReadOnlySpan<byte> header = received[..(end + 2)];
        int length = end + 4;
        ReadOnlySpan<byte> digits = FindValue(header, "content-length:"u8);
        if (!digits.IsEmpty)
        {
            if (!Utf8Parser.TryParse(digits, out int content, out int used) || used != digits.Length || content < 0)
                throw new ProtocolException("the server sent a malformed Content-Length");
            return received.Length - length >= content ? length + content : 0;
        }
        if (FindValue(header, "transfer-encoding:"u8).SequenceEqual("chunked"u8))
            return EndOfChunks(received, length);
        return header.StartsWith("HTTP/1.1 204"u8)
            ? length
            : throw new ProtocolException("the server sent a response without a length");
    }

    /// <summary>The value of a field; empty if there is none. Names of fields ignore case.</summary>
    private static ReadOnlySpan<byte> FindValue(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name)
    {
        for (int at = header.IndexOf((byte)'\n'); at >= 0 && at + 1 < header.Length;)
        {
            ReadOnlySpan<byte> line = header[(at + 1)..];
            int end = line.IndexOf((byte)'\r');
            if (end >= name.Length && System.Text.Ascii.EqualsIgnoreCase(line[..name.Length], name))
                return line[name.Length..end].Trim(" \t"u8);
            int next = line.IndexOf((byte)'\n');
            at = next < 0 ? -1 : at + 1 + next;
        }
        return [];
    }

    /// <summary>Chunks without trailer fields, which no server sends unasked.</summary>
    private static int EndOfChunks(ReadOnlySpan<byte> received, int at)
    {
        while (true)
        {
            int line = received[at..].IndexOf("\r\n"u8);
            if (line < 0)
                return 0;
            if (!Utf8Parser.TryParse(received.Slice(at, line), out int size, out _, 'x') || size < 0)
                throw new ProtocolException("the server sent a malformed chunk");
            if (size > received.Length)
                return 0;
            // The line, the chunk and its line end.
            at += line + 2 + size + 2;
            if (at > received.Length)
                return 0;
            if (size == 0)
                return at;
        }
    }
}
