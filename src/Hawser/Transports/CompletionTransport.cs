using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Hawser.EventLoops;

namespace Hawser.Transports;

/// <summary>Waits by completion: .NET's asynchronous sockets and its thread pool. An interrupt cancels what is
/// pending.</summary>
internal sealed class CompletionTransport(Socket socket) : SocketTransport(socket)
{
    // Only looked at, never read: all connections may share it.
    private static readonly byte[] Peeked = new byte[1];

    // Long sends go in pieces, so that the server sees the progress of a slow one.
    private const int LargestSendBytes = 64 * 1024;

    private readonly Interruption _receiving = new();
    private readonly Interruption _sending = new();

    public override void Open()
    {
        base.Open();
        Socket.Blocking = false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<bool> WaitToReceiveAsync(Deadline deadline)
    {
        if (_receiving.TryConsume())
            return false;
        if (deadline.HasPassed)
            return Socket.Poll(0, SelectMode.SelectRead);
        CancellationToken interrupted = _receiving.Token;
        using PreciseTimer.Registration? timer =
            deadline.IsNone ? null : PreciseTimer.Shared.Schedule(deadline, _receiving.Signal);
        try
        {
            // A look, so that waiting connections hold no buffer. A receive of no bytes would not do: it also completes
            // when earlier input has been read by then.
            await Socket.ReceiveAsync(Peeked, SocketFlags.Peek, interrupted);
            return true;
        }
        catch (OperationCanceledException)
        {
            _receiving.TryConsume();
            return false;
        }
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        int received = Socket.Receive(buffer.Span, SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
            return new ValueTask<int>(NotReady);
        if (error != SocketError.Success)
            throw new SocketException((int)error);
        CountReceived(received);
        return new ValueTask<int>(received);
    }

    public override ValueTask<int> SendAsync(ReadOnlyMemory<byte> data)
    {
        int sent = TrySend(data.Span);
        return sent == data.Length ? new ValueTask<int>(sent) : SendLaterAsync(data, sent);
    }

    public override void Interrupt()
    {
        _receiving.Signal();
        _sending.Signal();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> SendLaterAsync(ReadOnlyMemory<byte> data, int sent)
    {
        while (sent < data.Length && !_sending.TryConsume())
        {
            try
            {
                // One byte is the wait for room: cancelled, it was sent or it was not; of several nobody would know.
                await Socket.SendAsync(data.Slice(sent, 1), SocketFlags.None, _sending.Token);
            }
            catch (OperationCanceledException)
            {
                continue;
            }
            CountSent(1);
            sent += 1 + TrySend(data.Span[(sent + 1)..]);
        }
        return sent;
    }

    /// <summary>Sends what the kernel takes without waiting.</summary>
    private int TrySend(ReadOnlySpan<byte> data)
    {
        int sent = 0;
        while (sent < data.Length)
        {
            int taken = Socket.Send(
                data[sent..Math.Min(data.Length, sent + LargestSendBytes)], SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
                break;
            if (error != SocketError.Success)
                throw new SocketException((int)error);
            CountSent(taken);
            sent += taken;
        }
        return sent;
    }
}
