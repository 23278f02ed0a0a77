using System.Net;
using System.Text;
using Hawser.Transports;

namespace Hawser.Tests.Layers;

/// <summary>Takes the peer address from a PROXY header (version 1). Bytes after it are returned first.</summary>
internal sealed class ProxyTransport : LayeredTransport
{
    private const int HeaderLimit = 107;

    private readonly Connection _below;
    private readonly IPEndPoint _peer;

    private ProxyTransport(Transport inner, Connection below, IPEndPoint peer) : base(inner)
    {
        _below = below;
        _peer = peer;
    }

    public override EndPoint? RemoteEndPoint => _peer;

    /// <summary>The server's side: reads the header.</summary>
    public static async ValueTask<Transport> AcceptAsync(Transport inner, CancellationToken cancel)
    {
        var below = new Connection(inner);
        ReadOnlyMemory<byte> line = await below.TryReadLineAsync(HeaderLimit, cancel)
            ?? throw new ProtocolException("the connection ended before its PROXY header");
        string[] words = Encoding.ASCII.GetString(line.Span).TrimEnd('\r').Split(' ');
        if (words is not ["PROXY", "TCP4", var source, _, var port, _]
            || !IPAddress.TryParse(source, out IPAddress? address) || !ushort.TryParse(port, out ushort number))
            throw new ProtocolException("expected a PROXY header");
        inner.Features.Set(new ProxiedFrom(inner.RemoteEndPoint));
        return new ProxyTransport(inner, below, new IPEndPoint(address, number));
    }

    /// <summary>The client's side: sends the header.</summary>
    public static async ValueTask<Transport> ConnectAsync(Transport inner, CancellationToken cancel)
    {
        await new Connection(inner).WriteAsync("PROXY TCP4 192.0.2.7 192.0.2.1 5000 80\r\n"u8.ToArray(), cancel);
        return inner;
    }

    public override ValueTask<bool> WaitToReceiveAsync(Deadline deadline) =>
        _below.Buffered.IsEmpty ? base.WaitToReceiveAsync(deadline) : new ValueTask<bool>(true);

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_below.Buffered.IsEmpty)
            return await base.ReceiveAsync(buffer);
        int read = await _below.ReadAsync(buffer);
        CountReceived(read);
        return read;
    }

    /// <summary>The sender of the header.</summary>
    public sealed record ProxiedFrom(EndPoint? Proxy);
}
