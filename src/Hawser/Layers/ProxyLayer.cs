using System.Net;
using Hawser.Limits;
using Hawser.Transports;

namespace Hawser.Layers;

/// <summary>The PROXY protocol, versions 1 and 2, as a layer: a load balancer names the address of the client whose
/// bytes it forwards (haproxy.org, proxy-protocol.txt). It belongs next to the wire, below TLS.</summary>
public static class ProxyLayer
{
    /// <summary>The server's side. A connection from a trusted network must begin with a header, of either version; its
    /// <see cref="Connection.RemoteEndPoint"/> and <see cref="Connection.LocalEndPoint"/> are those of the header,
    /// unless the header has none (LOCAL, UNKNOWN), and its <see cref="Connection.Features"/> have a
    /// <see cref="ProxySource"/>.</summary>
    /// <remarks>Connections from other addresses are served as they are: a header from them is data. A missing or
    /// malformed header ends the connection with a <see cref="ProtocolException"/>. Checksums and other TLVs of version
    /// 2 are skipped.</remarks>
    /// <param name="trusted">The networks of the proxies. Streams without an IP address are not trusted.</param>
    public static Func<Transport, CancellationToken, ValueTask<Transport>> Server(AddressList trusted)
    {
        ArgumentNullException.ThrowIfNull(trusted);
        return async (inner, cancel) =>
        {
            if (inner.RemoteEndPoint is not IPEndPoint peer || !trusted.Contains(peer.Address))
                return inner;
            var wire = new Connection(inner);
            ProxyHeader header = await ReadAsync(wire, cancel);
            inner.Features.Set(new ProxySource(peer));
            ReturnIfEmpty(wire);
            return new HeaderTransport(inner, wire, header);
        };
    }

    /// <summary>The client's side: sends a header.</summary>
    /// <param name="source">The client's address.</param>
    /// <param name="destination">The address that the client connected to, of the same family.</param>
    /// <param name="version">1 or 2.</param>
    public static Func<Transport, CancellationToken, ValueTask<Transport>> Client(
        IPEndPoint source, IPEndPoint destination, int version = 2)
    {
        byte[] header = version switch
        {
            1 => ProxyHeader.WriteText(source, destination),
            2 => ProxyHeader.WriteBinary(source, destination),
            _ => throw new ArgumentOutOfRangeException(nameof(version), version, "the versions are 1 and 2"),
        };
        return async (inner, cancel) =>
        {
            await new Connection(inner).WriteAsync(header, cancel);
            return new SentTransport(inner);
        };
    }

    // No later receive returns the buffer.
    private static void ReturnIfEmpty(Connection wire)
    {
        if (wire.Buffered.IsEmpty)
            wire.ReturnBuffers();
    }

    private static async ValueTask<ProxyHeader> ReadAsync(Connection wire, CancellationToken cancel)
    {
        try
        {
            await WaitForAsync(1);
            if (wire.Buffered.Span[0] == ProxyHeader.FirstTextByte)
            {
                return await wire.TryReadLineAsync(ProxyHeader.LongestTextBytes, cancel) is { } line
                    ? ProxyHeader.ParseText(line.Span)
                    : throw ProtocolException.Truncated("PROXY header");
            }
            int need;
            while ((need = ProxyHeader.BytesNeeded(wire.Buffered.Span)) > wire.Buffered.Length)
                await WaitForAsync(need);
            byte[] header = new byte[need];
            await wire.ReadAsync(header, cancel);
            return ProxyHeader.ParseBinary(header);
        }
        catch (ProtocolException e) when (e.Reason == CloseReason.Truncated)
        {
            throw ProtocolException.Truncated("PROXY header");
        }

        async ValueTask WaitForAsync(int bytes)
        {
            if (await wire.WaitForInputAsync(bytes, cancel: cancel) == InputState.Finished)
                throw ProtocolException.Truncated("PROXY header");
        }
    }

    /// <summary>Counts the bytes after the header.</summary>
    private sealed class SentTransport(Transport inner) : LayeredTransport(inner);

    /// <summary>Has the addresses of a header. Returns the bytes that arrived together with the header first.</summary>
    private sealed class HeaderTransport(Transport inner, Connection wire, ProxyHeader header) : LayeredTransport(inner)
    {
        public override EndPoint? LocalEndPoint => header.Destination ?? base.LocalEndPoint;

        public override EndPoint? RemoteEndPoint => header.Source ?? base.RemoteEndPoint;

        public override ValueTask<bool> WaitToReceiveAsync(Deadline deadline) =>
            wire.Buffered.IsEmpty ? base.WaitToReceiveAsync(deadline) : new ValueTask<bool>(true);

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
        {
            if (wire.Buffered.IsEmpty)
                return base.ReceiveAsync(buffer);
            int read = Math.Min(buffer.Length, wire.Buffered.Length);
            wire.Buffered[..read].CopyTo(buffer);
            wire.Skip(read);
            ReturnIfEmpty(wire);
            CountReceived(read);
            return new ValueTask<int>(read);
        }
    }
}
