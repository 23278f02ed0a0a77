#:project ../src/Hawser/Hawser.csproj
#:property PublishAot=false
using System.Buffers;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Hawser;
using Hawser.Models;

// A small redis: dotnet run samples/redis.cs -- epoll 7001, then: redis-cli -p 7001 set greeting hello
string model = args.Length > 0 ? args[0] : "epoll";
int port = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 7001;
await using Server server = Server.Start(new RedisHandler(), new ServerOptions
{
    EndPoints = [new IPEndPoint(IPAddress.Loopback, port)],
    Model = ConcurrencyModels.Get(model),
});
Console.WriteLine($"Listening on {server.EndPoints[0]}");
await server.Completion;

/// <summary>PING, ECHO, SET and GET. Requests that arrive together get their answers together.</summary>
internal sealed class RedisHandler : IConnectionHandler
{
    private const int MostKeys = 10_000;

    // Bounds the memory for answers: short requests may ask for long values.
    private const int FlushBytes = 64 * 1024;

    private readonly ConcurrentDictionary<string, string> _values = [];

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        IDuplexPipe pipe = connection.AsDuplexPipe();
        try
        {
            ReadResult read;
            do
            {
                read = await pipe.Input.ReadAsync();
                ReadOnlySequence<byte> rest = read.Buffer;
                while (RespProtocol.TryReadRequest(ref rest) is { } request)
                {
                    Encoding.Latin1.GetBytes(Answer(request), pipe.Output);
                    if (pipe.Output.UnflushedBytes >= FlushBytes)
                        await pipe.Output.FlushAsync();
                }
                pipe.Input.AdvanceTo(consumed: rest.Start, examined: rest.End);
                await pipe.Output.FlushAsync();
            }
            // A stop between two requests cancels a read.
            while (!read.IsCompleted && !read.IsCanceled);
        }
        catch (ProtocolException e)
        {
            // The server sends it after the handler has ended, behind the earlier answers.
            Encoding.Latin1.GetBytes($"-ERR Protocol error: {e.Message}\r\n", pipe.Output);
            throw;
        }
    }

    private string Answer(string[] request) => (request[0].ToUpperInvariant(), request.Length) switch
    {
        ("PING", 1) => "+PONG\r\n",
        ("PING" or "ECHO", 2) => RespProtocol.Bulk(request[1]),
        ("SET", 3) => Set(request[1], request[2]),
        ("GET", 2) => RespProtocol.Bulk(_values.GetValueOrDefault(request[1])),
        _ => "-ERR unknown command, or wrong number of arguments\r\n",
    };

    private string Set(string key, string value)
    {
        if (_values.Count >= MostKeys && !_values.ContainsKey(key))
            return "-OOM no room for another key\r\n";
        _values[key] = value;
        return "+OK\r\n";
    }
}

/// <summary>RESP, https://redis.io/docs/latest/develop/reference/protocol-spec: a request is an array of strings,
/// <c>*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n</c>. Strings are bytes, which Latin-1 maps to characters one by one.</summary>
internal static class RespProtocol
{
    private const int MostStrings = 8;
    private const int MostBytes = 16 * 1024;

    /// <summary>Takes a request off the front; null, with nothing taken, if it is incomplete.</summary>
    public static string[]? TryReadRequest(ref ReadOnlySequence<byte> rest)
    {
        var reader = new SequenceReader<byte>(rest);
        if (TryReadNumber(ref reader, '*', 1, MostStrings) is not { } count)
            return null;
        string[] request = new string[count];
        for (int i = 0; i < count; i++)
        {
            if (TryReadNumber(ref reader, '$', 0, MostBytes) is not { } length || reader.Remaining < length + 2)
                return null;
            request[i] = Encoding.Latin1.GetString(reader.UnreadSequence.Slice(0, length));
            reader.Advance(length);
            if (!reader.IsNext("\r\n"u8, advancePast: true))
                throw new ProtocolException("a string is longer than it was announced to be");
        }
        rest = reader.UnreadSequence;
        return request;
    }

    /// <summary>A string as an answer; null is shown by redis-cli as (nil).</summary>
    public static string Bulk(string? value) => value is null ? "$-1\r\n" : $"${value.Length}\r\n{value}\r\n";

    /// <summary>Reads a kind, a number and the end of the line; null if incomplete.</summary>
    private static int? TryReadNumber(ref SequenceReader<byte> reader, char kind, int least, int most)
    {
        string rule = $"expected '{kind}', a number from {least} to {most}, and the end of the line";
        ReadOnlySpan<byte> line = reader.UnreadSequence.Slice(0, Math.Min(reader.Remaining, 8)).ToArray();
        int end = line.IndexOf("\r\n"u8);
        if (line is [var first, ..] && first != kind || end < 0 && line.Length == 8)
            throw new ProtocolException(rule);
        if (end < 0)
            return null;
        reader.Advance(end + 2);
        bool isNumber = Utf8Parser.TryParse(line[1..end], out int number, out int used) && used == end - 1;
        return isNumber && number >= least && number <= most ? number : throw new ProtocolException(rule);
    }
}
