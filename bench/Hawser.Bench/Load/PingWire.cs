using Hawser.Services.Ping;

namespace Hawser.Bench.Load;

/// <summary>The requests and answers of a load, so that servers with another protocol can be measured.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Write">Writes the n-th request of a client and its answer; returns their lengths.</param>
internal sealed record PingWire(string Name, PingWire.Writer Write)
{
    /// <summary>The ping protocol of Hawser.</summary>
    public static readonly PingWire Ping = new("ping", WritePing);

    /// <summary>The PING command of redis (RESP).</summary>
    public static readonly PingWire Redis = new("redis", (_, _, request, answer) =>
        WriteRedisPing("*1\r\n$4\r\nPING\r\n"u8, request, answer));

    /// <summary>The same as an inline command: a line, as in <see cref="Ping"/>.</summary>
    public static readonly PingWire RedisInline = new("redis-inline", (_, _, request, answer) =>
        WriteRedisPing("PING\r\n"u8, request, answer));

    private static readonly PingWire[] All = [Ping, Redis, RedisInline];

    public delegate (int Request, int Answer) Writer(long client, long n, Span<byte> request, Span<byte> answer);

    public static PingWire Named(string name) =>
        All.FirstOrDefault(wire => wire.Name == name) ?? throw new FormatException(
            $"unknown wire '{name}'; use one of {string.Join(", ", All.Select(wire => wire.Name))}");

    private static (int Request, int Answer) WritePing(long client, long n, Span<byte> request, Span<byte> answer)
    {
        int length = PingProtocol.WritePing(client, n, request);
        return (length, PingProtocol.WritePong(request[..(length - 1)], answer));
    }

    private static (int Request, int Answer) WriteRedisPing(
        ReadOnlySpan<byte> command, Span<byte> request, Span<byte> answer)
    {
        command.CopyTo(request);
        "+PONG\r\n"u8.CopyTo(answer);
        return (command.Length, 7);
    }
}
