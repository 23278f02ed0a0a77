using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Hawser.EventLoops;

namespace Hawser.Transports;

/// <summary>Waits by completion: .NET's asynchronous sockets and its thread pool.</summary>
internal sealed class CompletionTransport(Socket socket) : SocketTransport(socket)
{
    // Long sends go in pieces, so that the heartbeat sees the progress of a slow one.
    private const int LargestSendBytes = 64 * 1024;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<bool> WaitToReceiveAsync(Deadline deadline)
    {
        // A receive of no bytes completes when there is input, so that waiting connections hold no buffer.
        if (deadline.IsNone)
        {
            await Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
            return true;
        }

        // It can also complete for input that has been read meanwhile; the receive to come would wait without a deadline.
        using var passed = new CancellationTokenSource();
        using PreciseTimer.Registration timer = PreciseTimer.Shared.Schedule(deadline, passed.Cancel);
        try
        {
            // .NET completes a receive of no bytes at any event of the socket, even one for input that was read meanwhile.
            do
            {
                await Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, passed.Token);
            }
            while (!Socket.Poll(0, SelectMode.SelectRead));
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
