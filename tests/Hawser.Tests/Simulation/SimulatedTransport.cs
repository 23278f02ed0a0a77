using System.Net;
using System.Net.Sockets;
using Hawser.Transports;

namespace Hawser.Tests.Simulation;

/// <summary>The server's end of a simulated connection. It keeps the contract of <see cref="Transport"/> and exploits
/// what that allows: late completions, needless interrupts, false readiness.</summary>
/// <param name="end">The stream.</param>
/// <param name="scheduler">Where it runs.</param>
/// <param name="trace">Records what the engine does against the contract.</param>
/// <param name="remote">The client.</param>
/// <param name="interruptShutsInput">Whether an interrupt breaks the contract and shuts the stream's input.</param>
internal sealed class SimulatedTransport(
    SimulatedEnd end, SimulatedScheduler scheduler, Trace trace, IPEndPoint remote, Func<bool> interruptShutsInput)
    : Transport
{
    private readonly Waiter _receive = new(scheduler);
    private readonly Waiter _send = new(scheduler);
    private bool _resetsUnlessFinished;
    private bool _finished;
    private bool _opened;
    private bool _closed;
    private bool _aborted;

    public SimulatedEnd End => end;

    /// <summary>The engine has accepted it, and must close it.</summary>
    public bool IsTaken { get; set; }

    /// <summary>The engine has closed or aborted it.</summary>
    public bool IsClosed => _closed || _aborted;

    public override EndPoint? LocalEndPoint => new IPEndPoint(IPAddress.Loopback, 0);

    public override EndPoint? RemoteEndPoint => remote;

    public override bool IsBroken => end.IsBroken;

    public override long BytesAcknowledged => end.Acknowledged;

    public override void Open()
    {
        Demand(!_opened, "opened twice");
        _opened = true;
        if (end.IsBroken && scheduler.OneIn(2))
            throw new SocketException((int)SocketError.NotConnected);
        end.Changed += OnChanged;
    }

    public override async ValueTask<bool> WaitToReceiveAsync(Deadline deadline)
    {
        Begin(_receive, "receive");
        try
        {
            if (deadline.HasPassed)
                return end.CanReceive;
            if (scheduler.OneIn(8))
                await Task.Yield();
            if (scheduler.OneIn(20))
                scheduler.Post(Interrupt);
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_receive.TakeInterrupt())
                return false;
            // Readiness is a hint: select(2) and epoll(7) may report it falsely.
            if (end.CanReceive || scheduler.OneIn(30))
                return true;
            return await _receive.WaitAsync(deadline) || (deadline.HasPassed && end.CanReceive);
        }
        finally
        {
            _receive.IsInCall = false;
        }
    }

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        Begin(_receive, "receive");
        try
        {
            if (scheduler.OneIn(8))
                await Task.Yield();
            ObjectDisposedException.ThrowIf(_closed, this);
            Demand(!buffer.IsEmpty, "receives into an empty buffer");
            int received = end.TryReceive(buffer.Span);
            if (received > 0)
                CountReceived(received);
            return received < 0 ? NotReady : received;
        }
        finally
        {
            _receive.IsInCall = false;
        }
    }

    public override async ValueTask<int> SendAsync(ReadOnlyMemory<byte> data)
    {
        Begin(_send, "send");
        try
        {
            if (scheduler.OneIn(8))
                await Task.Yield();
            if (scheduler.OneIn(20))
                scheduler.Post(Interrupt);
            int sent = 0;
            while (true)
            {
                ObjectDisposedException.ThrowIf(_closed, this);
                if (scheduler.OneIn(2) && _send.TakeInterrupt())
                    return sent;
                int taken = end.TrySend(data.Span[sent..]);
                CountSent(taken);
                sent += taken;
                if (sent == data.Length)
                    return sent;
                if (_send.TakeInterrupt() || !await _send.WaitAsync(Deadline.None))
                    return sent;
            }
        }
        finally
        {
            _send.IsInCall = false;
        }
    }

    public override void Interrupt()
    {
        if (scheduler.HasEscaped())
            return;
        if (interruptShutsInput())
            end.ShutInput();
        _receive.Interrupt();
        _send.Interrupt();
    }

    public override ValueTask FinishSendingAsync()
    {
        Demand(_opened, "finishes before it is opened");
        ObjectDisposedException.ThrowIf(_closed, this);
        end.FinishSending();
        _finished = true;
        return ValueTask.CompletedTask;
    }

    public override void ResetUnlessFinished() => _resetsUnlessFinished = true;

    public override void Abort()
    {
        if (scheduler.HasEscaped())
            return;
        trace.Add(end.Name, "is aborted");
        _aborted = true;
        // On an event loop an interrupt takes effect later.
        if (scheduler.OneIn(2))
            Close();
        else
            scheduler.Post(Close);
    }

    public override void Close()
    {
        if (_closed || scheduler.HasEscaped())
            return;
        _closed = true;
        end.Changed -= OnChanged;
        if (_aborted || (_resetsUnlessFinished && !_finished))
            end.Reset();
        else
            end.Close();
        _receive.Fail(new ObjectDisposedException(nameof(Transport)));
        _send.Fail(new ObjectDisposedException(nameof(Transport)));
    }

    private void OnChanged()
    {
        if (end.CanReceive)
            _receive.Complete();
        if (end.CanSend)
            _send.Complete();
    }

    private void Begin(Waiter waiter, string call)
    {
        scheduler.HasEscaped();
        Demand(_opened, $"begins to {call} before it is opened");
        Demand(!waiter.IsInCall, $"begins to {call} twice at once");
        waiter.IsInCall = true;
    }

    private void Demand(bool holds, string otherwise)
    {
        if (!holds)
            trace.AddFault(end.Name, otherwise);
    }

    /// <summary>A receive or a send that may wait, one at a time.</summary>
    private sealed class Waiter(SimulatedScheduler scheduler)
    {
        private TaskCompletionSource<bool>? _waiting;
        private bool _interrupted;

        public bool IsInCall { get; set; }

        /// <summary>Whether an interrupt came since the last wait.</summary>
        public bool TakeInterrupt()
        {
            bool interrupted = _interrupted;
            _interrupted = false;
            return interrupted;
        }

        /// <returns>False when it was interrupted, or the deadline passed.</returns>
        public async ValueTask<bool> WaitAsync(Deadline deadline)
        {
            // Races live between the event and the turn of the waiting caller.
            _waiting = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            using IDisposable? timer = deadline.IsNone
                ? null
                : scheduler.At(scheduler.Now + deadline.Remaining, () => End(waiting => waiting.SetResult(false)));
            return await _waiting.Task;
        }

        public void Complete() => End(waiting => waiting.SetResult(true));

        public void Fail(Exception error) => End(waiting => waiting.SetException(error));

        public void Interrupt()
        {
            _interrupted = _waiting is null;
            End(waiting => waiting.SetResult(false));
        }

        private void End(Action<TaskCompletionSource<bool>> how)
        {
            TaskCompletionSource<bool>? waiting = _waiting;
            _waiting = null;
            if (waiting is not null)
                how(waiting);
        }
    }
}
