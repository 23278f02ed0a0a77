using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Hawser.Services.Ping;
using Microsoft.AspNetCore.Connections;

namespace KestrelReference;

/// <summary>A ping server on ASP.NET Core's Kestrel: a connection handler, without HTTP.</summary>
internal sealed class KestrelPing : ConnectionHandler
{
    private static readonly byte[] Error = Encoding.ASCII.GetBytes($"ERROR: {PingProtocol.Rule}\n");

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        PipeReader input = connection.Transport.Input;
        PipeWriter output = connection.Transport.Output;
        while (true)
        {
            ReadResult read = await input.ReadAsync();
            ReadOnlySequence<byte> rest = read.Buffer;
            bool isValid = Answer(ref rest, output);
            input.AdvanceTo(rest.Start, rest.End);
            await output.FlushAsync();
            if (!isValid || read.IsCompleted)
                return;
        }
    }

    private static bool Answer(ref ReadOnlySequence<byte> input, PipeWriter output)
    {
        Span<byte> line = stackalloc byte[PingProtocol.LineLimit];
        while (input.PositionOf((byte)'\n') is { } end)
        {
            ReadOnlySequence<byte> ping = input.Slice(0, end);
            if (ping.Length >= PingProtocol.LineLimit)
                return Reject(output);
            ping.CopyTo(line);
            if (!PingProtocol.TryParsePing(line[..(int)ping.Length], out _, out _))
                return Reject(output);
            Span<byte> pong = output.GetSpan(PingProtocol.LineLimit);
            output.Advance(PingProtocol.WritePong(line[..(int)ping.Length], pong));
            input = input.Slice(input.GetPosition(1, end));
        }
        return input.Length < PingProtocol.LineLimit || Reject(output);
    }

    private static bool Reject(PipeWriter output)
    {
        output.Write(Error);
        return false;
    }
}
