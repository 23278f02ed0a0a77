using System.Net.Sockets;
using Hawser.Native;

namespace Hawser.Transports;

/// <summary>The wait of a blocked thread for one direction of a socket. Another thread can end it without touching the
/// stream.</summary>
internal sealed class BlockingWait(Socket socket, SelectMode direction, Waker waker)
{
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Interrupted = 2;

    // A thread whose waker signals another looks away from it, longer each time: with many it would starve that other.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(16);

    private int _state;

    /// <summary>Blocks until the socket is ready.</summary>
    /// <returns>False at the deadline or on an interrupt.</returns>
    public bool Wait(Deadline deadline)
    {
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Interrupted)
        {
            // A full fence: the caller reads its reasons next.
            Interlocked.Exchange(ref _state, Idle);
            return deadline.HasPassed && Poll(deadline, isAlone: true, out _);
        }
        bool isReady = false;
        try
        {
            bool isAlone = false;
            TimeSpan pause = ShortestPause;
            while (true)
            {
                Deadline until = deadline;
                if (isAlone)
                {
                    until = Deadline.Earlier(deadline, Deadline.After(pause));
                    pause = pause < LongestPause ? pause * 2 : pause;
                }
                isReady = Poll(until, isAlone, out bool isWoken);
                if (isReady)
                    return true;
                if (Volatile.Read(ref _state) == Interrupted || deadline.HasPassed)
                    return false;
                isAlone = isWoken;
            }
        }
        finally
        {
            lock (waker)
            {
                if (Interlocked.CompareExchange(ref _state, Idle, Waiting) == Interrupted)
                {
                    waker.Acknowledge();
                    // An interrupt that came too late for this wait ends the next.
                    if (!isReady)
                        Volatile.Write(ref _state, Idle);
                }
            }
        }
    }

    /// <summary>Consumes an interrupt of the next wait.</summary>
    public bool TryConsume() => Interlocked.CompareExchange(ref _state, Idle, Interrupted) == Interrupted;

    /// <summary>Ends the pending wait, or else the next one. Thread-safe.</summary>
    public void Interrupt()
    {
        // The signal must not follow its acknowledgement.
        lock (waker)
        {
            if (Interlocked.Exchange(ref _state, Interrupted) == Waiting)
                waker.Wake();
        }
    }

    private bool Poll(Deadline deadline, bool isAlone, out bool isWoken)
    {
        if (Platform.IsLinux)
        {
            using DescriptorLease ours = new(socket.SafeHandle);
            using DescriptorLease wake = new(waker.Socket.SafeHandle);
            return Libc.Poll(
                ours.Descriptor, direction == SelectMode.SelectWrite, isAlone ? -1 : wake.Descriptor, deadline,
                out isWoken);
        }
        List<Socket> read = isAlone ? [] : [waker.Socket];
        List<Socket> write = [];
        (direction == SelectMode.SelectWrite ? write : read).Add(socket);
        Socket.Select(read, write, null, deadline.RemainingForSelect);
        isWoken = read.Contains(waker.Socket);
        return read.Contains(socket) || write.Contains(socket);
    }
}
