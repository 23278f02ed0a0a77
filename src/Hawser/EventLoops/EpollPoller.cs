using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Hawser.Native;
using Microsoft.Win32.SafeHandles;

namespace Hawser.EventLoops;

/// <summary>Polls with epoll(7), edge-triggered: each socket is registered once, and the cost of a wait does not depend
/// on the number of sockets.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class EpollPoller : IPoller
{
    private const int EventsPerWait = 256;
    private const int ControlAdd = 1;
    private const int ControlDelete = 2;
    private const uint EPOLLIN = 0x1;
    private const uint EPOLLPRI = 0x2;
    private const uint EPOLLOUT = 0x4;
    private const uint EPOLLERR = 0x8;
    private const uint EPOLLHUP = 0x10;
    private const uint EPOLLRDHUP = 0x2000;
    private const uint EPOLLET = 1u << 31;
    private const uint EPOLLEXCLUSIVE = 1u << 28;
    private const uint ConnectionEvents = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET;

    // A new connection wakes one of the loops that wait for a listener.
    private const uint ListenerEvents = EPOLLIN | EPOLLET | EPOLLEXCLUSIVE;
    private const long WakeSlot = -1;

    // struct epoll_event is packed on x86-64 only.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventBytes = DataOffset + sizeof(long);

    private readonly SafeFileHandle _epoll = Libc.CreateEpoll();
    private readonly SafeFileHandle _wake = Libc.CreateEvent();
    private readonly byte* _events = (byte*)NativeMemory.Alloc((nuint)(EventsPerWait * EventBytes));
    private readonly Stack<int> _freeSlots = new();
    private Pollable?[] _slots = new Pollable?[64];
    private int _usedSlots;

    public EpollPoller() => Control(ControlAdd, (int)_wake.DangerousGetHandle(), EPOLLIN, WakeSlot);

    public LoopTime Time { get; } = new();

    public IEnumerable<Pollable> Watched => _slots.OfType<Pollable>();

    public void Add(Pollable pollable)
    {
        int slot = _freeSlots.TryPeek(out int free) ? free : _usedSlots;
        if (slot == _slots.Length)
            Array.Resize(ref _slots, 2 * _slots.Length);
        Control(ControlAdd, pollable.Descriptor, pollable.IsListener ? ListenerEvents : ConnectionEvents, slot);
        // Only now, so that an error above changes nothing.
        if (slot == _usedSlots)
            _usedSlots++;
        else
            _freeSlots.Pop();
        _slots[slot] = pollable;
        pollable.Slot = slot;
    }

    public void Remove(Pollable pollable)
    {
        // The kernel removes a closed socket.
        if (pollable.IsHandedOver)
            Control(ControlDelete, pollable.Descriptor, 0, 0);
        _slots[pollable.Slot] = null;
        _freeSlots.Push(pollable.Slot);
        pollable.Slot = -1;
    }

    public void Poll(long timeoutNanoseconds)
    {
        Time.BeginWait();
        int ready = Libc.Wait(_epoll, _events, EventsPerWait, timeoutNanoseconds);
        Time.EndWait();
        for (int i = 0; i < ready; i++)
        {
            byte* entry = _events + i * EventBytes;
            uint events = *(uint*)entry;
            long slot = *(long*)(entry + DataOffset);
            if (slot == WakeSlot)
            {
                Libc.ClearEvent(_wake);
                continue;
            }

            // At worst, the new owner of a slot that was freed earlier in this batch gets a needless call.
            bool failed = (events & (EPOLLERR | EPOLLHUP)) != 0;
            bool hidesMore = failed || (events & (EPOLLRDHUP | EPOLLPRI)) != 0;
            _slots[slot]?.OnReady(hidesMore || (events & EPOLLIN) != 0, failed || (events & EPOLLOUT) != 0, hidesMore);
        }
    }

    public void Wake()
    {
        try
        {
            Libc.SignalEvent(_wake);
        }
        catch (ObjectDisposedException)
        {
            // The loop has ended.
        }
    }

    public void Dispose()
    {
        _epoll.Dispose();
        _wake.Dispose();
        NativeMemory.Free(_events);
    }

    private void Control(int operation, int descriptor, uint events, long slot)
    {
        byte* entry = stackalloc byte[16];
        *(uint*)entry = events;
        *(long*)(entry + DataOffset) = slot;
        Libc.Control(_epoll, operation, descriptor, entry);
    }
}
