using Hawser.Services.Ping;

namespace Hawser.Bench.Load;

/// <summary>What a load sends and expects back, so that servers of another protocol can be asked as well.</summary>
/// <param name="Name">For the command line.</param>
/// <param name="Write">Writes the n-th request of a client and its answer, and gives their lengths.</param>
internal sealed record PingWire(string Name, PingWire.Writer Write)
{
    /// <summary>Hawser's own.</summary>
    public static readonly PingWire Ping = new("ping", WritePing);

    /// <summary>The PING command of redis (RESP).</summary>
    public static readonly PingWire Redis = new("redis", WriteRedisPing);

    public delegate (int Request, int Answer) Writer(long client, long n, Span<byte> request, Span<byte> answer);

    public static PingWire Named(string name) =>
        name == Redis.Name ? Redis
        : name == Ping.Name ? Ping
        : throw new FormatException($"'{name}' is not a wire; use {Ping.Name} or {Redis.Name}");

    private static (int Request, int Answer) WritePing(long client, long n, Span<byte> request, Span<byte> answer)
    {
        int length = PingProtocol.WritePing(client, n, request);
        return (length, PingProtocol.WritePong(request[..(length - 1)], answer));
    }

    private static (int Request, int Answer) WriteRedisPing(long client, long n, Span<byte> request, Span<byte> answer)
    {
        "*1\r\n$4\r\nPING\r\n"u8.CopyTo(request);
        "+PONG\r\n"u8.CopyTo(answer);
        return (14, 7);
    }
}
