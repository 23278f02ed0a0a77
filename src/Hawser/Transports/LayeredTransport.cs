using System.Net;

namespace Hawser.Transports;

/// <summary>A transport over another one, for layers such as TLS: forwards every call and counts the bytes above it. A
/// layer overrides what it changes.</summary>
/// <remarks>
/// The transport beneath is open and belongs to this one. Files are sent through <see cref="Transport.SendAsync"/>, so
/// that the layer sees their bytes. A layer must guarantee:
/// <list type="bullet">
/// <item><description><see cref="WaitToReceiveAsync"/> returns true at once while the layer itself holds input. True
/// from the transport beneath is a hint: its receive may return <see cref="Transport.NotReady"/>.</description></item>
/// <item><description><see cref="Interrupt"/> ends the layer's wait with false, wherever it waits. A
/// <see cref="Connection"/> over the transport beneath keeps waiting after an interrupt: cancel its call through a
/// token.</description></item>
/// <item><description>An interrupted send keeps what it has encoded (<see cref="HasUnsent"/>).</description></item>
/// <item><description>Errors of the stream are a <see cref="System.Net.Sockets.SocketException"/>, protocol errors of
/// the peer a <see cref="ProtocolException"/>; anything else is a fault.</description></item>
/// </list>
/// </remarks>
public abstract class LayeredTransport : Transport
{
    // In pieces, so that the server sees the progress of a long send.
    private const int LargestSendBytes = 64 * 1024;

    /// <param name="inner">The transport beneath.</param>
    protected LayeredTransport(Transport inner) => Inner = inner;

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint => Inner.LocalEndPoint;

    /// <inheritdoc/>
    public override EndPoint? RemoteEndPoint => Inner.RemoteEndPoint;

    /// <summary>The features of the transport beneath, shared by all layers.</summary>
    public override Features Features => Inner.Features;

    /// <inheritdoc/>
    public override bool BlocksItsThread => Inner.BlocksItsThread;

    /// <inheritdoc/>
    public override bool HasUnsent => Inner.HasUnsent;

    /// <inheritdoc/>
    public override bool IsBroken => Inner.IsBroken;

    /// <summary>All sent bytes once the transport beneath has none unacknowledged; otherwise at most the number it
    /// reports.</summary>
    public override long BytesAcknowledged =>
        Inner.BytesAcknowledged >= Inner.BytesSent ? BytesSent : Math.Min(BytesSent, Inner.BytesAcknowledged);

    /// <summary>Bytes that move beneath count as well.</summary>
    internal override long QuietSince => Math.Max(base.QuietSince, Inner.QuietSince);

    internal override bool IsPaused => Inner.IsPaused;

    /// <summary>The transport beneath.</summary>
    protected Transport Inner { get; }

    /// <inheritdoc/>
    public override ValueTask<bool> WaitToReceiveAsync(Deadline deadline) => Inner.WaitToReceiveAsync(deadline);

    /// <inheritdoc/>
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        int received = await Inner.ReceiveAsync(buffer);
        CountReceived(Math.Max(0, received));
        return received;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> SendAsync(ReadOnlyMemory<byte> data)
    {
        int sent = 0;
        while (sent < data.Length)
        {
            ReadOnlyMemory<byte> piece = data.Slice(sent, Math.Min(LargestSendBytes, data.Length - sent));
            int taken = await Inner.SendAsync(piece);
            CountSent(taken);
            sent += taken;
            if (taken < piece.Length || Inner.HasUnsent)
                break;
        }
        return sent;
    }

    /// <inheritdoc/>
    public override ValueTask SendUnsentAsync() => Inner.SendUnsentAsync();

    /// <inheritdoc/>
    public override void Interrupt() => Inner.Interrupt();

    /// <inheritdoc/>
    public override ValueTask FinishSendingAsync() => Inner.FinishSendingAsync();

    /// <inheritdoc/>
    public override void ResetUnlessFinished() => Inner.ResetUnlessFinished();

    /// <inheritdoc/>
    public override void Abort() => Inner.Abort();

    /// <inheritdoc/>
    public override void Close() => Inner.Close();
}
