using System.Net;

namespace Hawser.Transports;

/// <summary>A transport over another one, for a layer such as TLS: passes every call on, and counts the bytes above it.
/// A layer overrides what it changes.</summary>
/// <remarks>
/// The transport beneath is open, and belongs to this one. Files are sent through <see cref="Transport.SendAsync"/>, so
/// that a layer that changes bytes sees them. What a layer owes:
/// <list type="bullet">
/// <item><description><see cref="WaitToReceiveAsync"/> returns true at once while the layer itself has bytes to give. Of
/// the transport beneath true is a hint: its receive may still say <see cref="Transport.NotReady"/>.</description></item>
/// <item><description><see cref="Interrupt"/> ends the wait of the layer with false, wherever that wait is. A
/// <see cref="Connection"/> made over the transport beneath waits on after an interrupt: cancel its call by a
/// token.</description></item>
/// <item><description>A send that is interrupted keeps what it has encoded (<see cref="HasUnsent"/>).</description></item>
/// <item><description>Errors of the stream are a <see cref="System.Net.Sockets.SocketException"/>, those of the peer's
/// protocol a <see cref="ProtocolException"/>; anything else is a fault.</description></item>
/// </list>
/// </remarks>
public abstract class LayeredTransport : Transport
{
    // Long sends go in pieces, so that the server sees the progress of a slow one.
    private const int LargestSendBytes = 64 * 1024;

    /// <param name="inner">The transport beneath.</param>
    protected LayeredTransport(Transport inner) => Inner = inner;

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint => Inner.LocalEndPoint;

    /// <inheritdoc/>
    public override EndPoint? RemoteEndPoint => Inner.RemoteEndPoint;

    /// <summary>Those of the transport beneath: all layers share them.</summary>
    public override Features Features => Inner.Features;

    /// <inheritdoc/>
    public override bool BlocksItsThread => Inner.BlocksItsThread;

    /// <inheritdoc/>
    public override bool HasUnsent => Inner.HasUnsent;

    /// <inheritdoc/>
    public override bool IsBroken => Inner.IsBroken;

    /// <summary>All that was sent, once the transport beneath has nothing unacknowledged; else at most what it
    /// tells.</summary>
    public override long BytesAcknowledged =>
        Inner.BytesAcknowledged >= Inner.BytesSent ? BytesSent : Math.Min(BytesSent, Inner.BytesAcknowledged);

    /// <summary>A byte that moves beneath is one that moves.</summary>
    internal override long QuietSince => Math.Max(base.QuietSince, Inner.QuietSince);

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
