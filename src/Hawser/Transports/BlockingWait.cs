using System.Net.Sockets;
using Hawser.Native;

namespace Hawser.Transports;

/// <summary>The wait of a blocked thread for one direction of a socket, which another thread can end without touching
/// the stream.</summary>
internal sealed class BlockingWait(Socket socket, SelectMode direction, Waker waker)
{
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Interrupted = 2;

    // How often a thread looks again while its waker is busy with another.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private int _state;

    /// <summary>Blocks until the socket is ready.</summary>
    /// <returns>False when the deadline passed or the wait was interrupted.</returns>
    public bool Wait(Deadline deadline)
    {
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Interrupted)
        {
            Volatile.Write(ref _state, Idle);
            return deadline.HasPassed && Poll(deadline, isAlone: true, out _);
        }
        bool isReady = false;
        try
        {
            bool isAlone = false;
            while (true)
            {
                Deadline until = isAlone ? Deadline.Earlier(deadline, Deadline.After(Pause)) : deadline;
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
                    // One that came too late for this wait ends the next.
                    if (!isReady)
                        Volatile.Write(ref _state, Idle);
                }
            }
        }
    }

    /// <summary>Whether the next wait was ended already; that is then forgotten.</summary>
    public bool TryConsume() => Interlocked.CompareExchange(ref _state, Idle, Interrupted) == Interrupted;

    /// <summary>Ends the wait, or else the next one. From any thread.</summary>
    public void Interrupt()
    {
        // The signal must not come after the thread it was meant for has acknowledged it.
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
