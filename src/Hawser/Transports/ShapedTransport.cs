using Hawser.EventLoops;

namespace Hawser.Transports;

/// <summary>A layer that keeps both directions of a connection to a rate. It asks for tokens only when input has
/// arrived or there is something to send; a pause holds neither a thread of an event loop nor a receive
/// buffer.</summary>
internal sealed class ShapedTransport : LayeredTransport
{
    // A blocking transport may return from a wait without a deadline before there is input, and wait in the receive:
    // the tokens would wait with it.
    private static readonly Deadline Never = Deadline.At(long.MaxValue);

    private readonly ShapedDirection _input;
    private readonly ShapedDirection _output;
    private readonly Action _interruptInput;
    private bool _hasTokens;
    private long _pausedUntil;

    public ShapedTransport(Transport inner, ShapedDirection input, ShapedDirection output) : base(inner)
    {
        _input = input;
        _output = output;
        _interruptInput = input.Interrupt;
    }

    internal override bool IsPaused => _input.IsPaused || _output.IsPaused || base.IsPaused;

    /// <summary>A pause is not the peer's.</summary>
    internal override long QuietSince =>
        IsPaused ? Clock.Now : Math.Max(Volatile.Read(ref _pausedUntil), base.QuietSince);

    public override async ValueTask<bool> WaitToReceiveAsync(Deadline deadline)
    {
        if (!await Inner.WaitToReceiveAsync(deadline.IsNone && BlocksItsThread ? Never : deadline))
            return false;
        // With a passed deadline the result must be exact; the receive takes the tokens.
        if (_hasTokens || deadline.HasPassed)
            return true;
        using PreciseTimer.Registration? timer =
            deadline.IsNone ? null : PreciseTimer.Shared.Schedule(deadline, _interruptInput);
        return _hasTokens = await TakeAsync(_input, _input.Quantum);
    }

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (!_hasTokens && !await TakeAsync(_input, _input.Quantum))
            return NotReady;
        _hasTokens = false;
        int received = 0;
        try
        {
            received = await Inner.ReceiveAsync(buffer[..Math.Min(buffer.Length, _input.Quantum)]);
        }
        finally
        {
            _input.Return(_input.Quantum - Math.Max(0, received));
        }
        CountReceived(Math.Max(0, received));
        return received;
    }

    public override async ValueTask<int> SendAsync(ReadOnlyMemory<byte> data)
    {
        int sent = 0;
        while (sent < data.Length)
        {
            ReadOnlyMemory<byte> piece = data.Slice(sent, Math.Min(_output.Quantum, data.Length - sent));
            if (!await TakeAsync(_output, piece.Length))
                break;
            int taken = 0;
            try
            {
                taken = await Inner.SendAsync(piece);
            }
            finally
            {
                _output.Return(piece.Length - taken);
            }
            CountSent(taken);
            sent += taken;
            if (taken < piece.Length || Inner.HasUnsent)
                break;
        }
        return sent;
    }

    public override void Interrupt()
    {
        _input.Interrupt();
        _output.Interrupt();
        Inner.Interrupt();
    }

    public override void Abort()
    {
        Inner.Abort();
        EndPauses();
    }

    public override void Close()
    {
        Inner.Close();
        EndPauses();
    }

    private async ValueTask<bool> TakeAsync(ShapedDirection direction, int bytes)
    {
        bool isTaken = await direction.TakeAsync(bytes);
        Volatile.Write(ref _pausedUntil, Clock.Now);
        return isTaken;
    }

    private void EndPauses()
    {
        _input.Close();
        _output.Close();
    }
}
