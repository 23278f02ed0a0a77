using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Hawser.EventLoops;

namespace Hawser.Transports;

/// <summary>Waits by completion: .NET's asynchronous sockets and its thread pool.</summary>
internal sealed class CompletionTransport(Socket socket) : SocketTransport(socket)
{
    // Long sends go in pieces, so that the heartbeat sees the progress of a slow one.
    private const int LargestSendBytes = 64 * 1024;

    private byte[]? _peeked;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<bool> WaitToReceiveAsync(Deadline deadline)
    {
        // A receive of no bytes completes when there is input, so that waiting connections hold no buffer.
        if (deadline.IsNone)
        {
            await Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
            return true;
        }

        // With a deadline it must be the truth: a receive of no bytes also completes when earlier input has been read
        // by then, and the receive after it would wait for ever.
        _peeked ??= new byte[1];
        using var passed = new CancellationTokenSource();
        using PreciseTimer.Registration timer = PreciseTimer.Shared.Schedule(deadline, passed.Cancel);
        try
        {
            await Socket.ReceiveAsync(_peeked, SocketFlags.Peek, passed.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        int received = await Socket.ReceiveAsync(buffer, SocketFlags.None);
        CountReceived(received);
        return received;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
        {
            int sent = await Socket.SendAsync(data[..Math.Min(data.Length, LargestSendBytes)], SocketFlags.None);
            CountSent(sent);
            data = data[sent..];
        }
    }
}
