using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Hawser.EventLoops;

namespace Hawser.Transports;

/// <summary>Waits by completion: .NET's asynchronous sockets and its thread pool.</summary>
[SuppressMessage("Design", "CA1001", Justification = "disposed of by Close and Abort")]
internal sealed class CompletionTransport(Socket socket) : SocketTransport(socket)
{
    // In pieces, so that the server sees the progress of a long send.
    private const int LargestSendBytes = 64 * 1024;

    private readonly InputWatch _input = new(socket);
    private readonly Interruption _sending = new();

    // Until the thread is yielded. A concurrent receive and send may both count: the number need not be exact.
    private int _callsLeft = EventLoop.CallsPerTurn;

    public override bool IsBroken => _input.HasFailed || base.IsBroken;

    public override ValueTask<bool> WaitToReceiveAsync(Deadline deadline)
    {
        if (deadline.IsNone)
            return _callsLeft > 0 ? _input.WaitAsync() : WaitNextTurnAsync();
        return deadline.HasPassed
            ? new ValueTask<bool>(Socket.Poll(0, SelectMode.SelectRead))
            : WaitUntilAsync(deadline);
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        SocketError error = _input.TakeError();
        if (error != SocketError.Success)
            throw new SocketException((int)error);
        int received = TryReceive(buffer.Span);
        if (received > 0)
            CountReceived(received);
        CountCall(received);
        return new ValueTask<int>(received);
    }

    public override ValueTask<int> SendAsync(ReadOnlyMemory<byte> data)
    {
        int sent = SendPieces(data.Span);
        return sent == data.Length ? new ValueTask<int>(sent) : SendLaterAsync(data, sent);
    }

    public override void Interrupt()
    {
        _input.Interrupt();
        _sending.Signal();
    }

    internal override bool TryFinishByClosing() => !_input.IsPending && base.TryFinishByClosing();

    public override void Abort()
    {
        base.Abort();
        _input.Dispose();
    }

    public override void Close()
    {
        base.Close();
        _input.Dispose();
    }

    /// <summary>Yields the pool thread: a peer that is always ready must not keep it.</summary>
    private async ValueTask NextTurnAsync()
    {
        await Task.Yield();
        _callsLeft = EventLoop.CallsPerTurn;
    }

    /// <summary>Counts a call; one that moves many bytes counts as several.</summary>
    private void CountCall(int bytes) => _callsLeft -= 1 + (Math.Max(0, bytes) / EventLoop.BytesPerCall);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitNextTurnAsync()
    {
        await NextTurnAsync();
        return await _input.WaitAsync();
    }

    private async ValueTask<bool> WaitUntilAsync(Deadline deadline)
    {
        if (_callsLeft <= 0)
            await NextTurnAsync();
        using PreciseTimer.Registration timer = PreciseTimer.Shared.Schedule(deadline, _input.Interrupt);
        return await _input.WaitAsync();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> SendLaterAsync(ReadOnlyMemory<byte> data, int sent)
    {
        while (sent < data.Length && !_sending.TryConsume())
        {
            if (_callsLeft <= 0)
            {
                await NextTurnAsync();
                sent += SendPieces(data.Span[sent..]);
                continue;
            }
            try
            {
                // One byte is the wait for room: if cancelled, it was sent or not. For several bytes the number would
                // be unknown.
                await Socket.SendAsync(data.Slice(sent, 1), SocketFlags.None, _sending.Token);
            }
            catch (OperationCanceledException)
            {
                continue;
            }
            CountSent(1);
            sent += 1 + SendPieces(data.Span[(sent + 1)..]);
        }
        return sent;
    }

    private int SendPieces(ReadOnlySpan<byte> data)
    {
        int sent = 0;
        while (sent < data.Length && _callsLeft > 0 && !_sending.IsSignalled)
        {
            int taken = TrySend(data[sent..Math.Min(data.Length, sent + LargestSendBytes)]);
            if (taken < 0)
                break;
            CountSent(taken);
            CountCall(taken);
            sent += taken;
        }
        return sent;
    }
}
