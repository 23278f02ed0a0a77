namespace Hawser.Services.Ping.Load;

/// <summary>The protocol of a load: what it asks and what it accepts as the answer. A further protocol is one entry
/// here.</summary>
public sealed class LoadWire
{
    /// <summary>The ping protocol of Hawser.</summary>
    public static readonly LoadWire Ping = new("ping", PingProtocol.WritePing, MatchPong);

    /// <summary>The command PING of redis (RESP2), as clients send it: an array of one bulk string.</summary>
    public static readonly LoadWire Resp = new(
        "resp", (_, _, request) => Write("*1\r\n$4\r\nPING\r\n"u8, request),
        (_, _, received) => Match(received, "+PONG\r\n"u8));

    /// <summary>A GET request of HTTP/1.1 on a persistent connection; any answer with a status 2xx and a length
    /// (RFC 9112, section 6.3).</summary>
    public static readonly LoadWire Http = new(
        "http", (_, _, request) => Write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8, request),
        (_, _, received) => HttpAnswer.Match(received));

    /// <summary>A server that sends back what it receives.</summary>
    public static readonly LoadWire Echo = new("echo", PingProtocol.WritePing, MatchPing);

    private readonly Writer _write;
    private readonly Matcher _match;

    private LoadWire(string name, Writer write, Matcher match)
    {
        Name = name;
        _write = write;
        _match = match;
    }

    private delegate int Writer(long client, long n, Span<byte> request);

    private delegate int Matcher(long client, long n, ReadOnlySpan<byte> received);

    /// <summary>Every protocol, the default first.</summary>
    public static IReadOnlyList<LoadWire> All { get; } = [Ping, Resp, Http, Echo];

    /// <summary>Its name on the command line.</summary>
    public string Name { get; }

    /// <summary>Returns the protocol of that name.</summary>
    /// <exception cref="FormatException">There is none; the message lists them.</exception>
    public static LoadWire Parse(string name) => All.FirstOrDefault(wire => wire.Name == name)
        ?? throw new FormatException(
            $"unknown protocol '{name}'; use one of {string.Join(", ", All.Select(wire => wire.Name))}");

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Writes the n-th request of a client, at most <see cref="PingProtocol.LineLimit"/> bytes.</summary>
    /// <returns>Bytes written.</returns>
    internal int WriteRequest(long client, long n, Span<byte> request) => _write(client, n, request);

    /// <summary>Looks for the answer to the n-th request of a client.</summary>
    /// <returns>The length of the answer at the start of the received bytes; 0 if it is not complete.</returns>
    /// <exception cref="ProtocolException">It can no longer become the answer.</exception>
    internal int MatchAnswer(long client, long n, ReadOnlySpan<byte> received) => _match(client, n, received);

    /// <summary>Compares with a fixed answer.</summary>
    /// <inheritdoc cref="MatchAnswer"/>
    internal static int Match(ReadOnlySpan<byte> received, ReadOnlySpan<byte> answer)
    {
        int length = Math.Min(received.Length, answer.Length);
        if (!received[..length].SequenceEqual(answer[..length]))
            throw new ProtocolException("the server answered a ping with something else than its pong");
        return length == answer.Length ? length : 0;
    }

    private static int MatchPong(long client, long n, ReadOnlySpan<byte> received)
    {
        Span<byte> pong = stackalloc byte[PingProtocol.LineLimit];
        int length = PingProtocol.WritePing(client, n, pong);
        pong[1] = (byte)'o';
        return Match(received, pong[..length]);
    }

    private static int MatchPing(long client, long n, ReadOnlySpan<byte> received)
    {
        Span<byte> ping = stackalloc byte[PingProtocol.LineLimit];
        return Match(received, ping[..PingProtocol.WritePing(client, n, ping)]);
    }

    private static int Write(ReadOnlySpan<byte> text, Span<byte> request)
    {
        text.CopyTo(request);
        return text.Length;
    }
}
