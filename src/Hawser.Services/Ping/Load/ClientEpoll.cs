using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hawser.Services.Ping.Load;

/// <summary>An epoll over the sockets of numbered clients. Level-triggered, so that input left unread is reported
/// again.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe partial class ClientEpoll : IDisposable
{
    private const int EventsPerWait = 256;
    private const int EPOLL_CLOEXEC = 0x80000;
    private const int ControlAdd = 1;
    private const int ControlModify = 3;
    private const uint EPOLLIN = 0x1;
    private const uint EPOLLOUT = 0x4;

    // struct epoll_event is packed on x86-64 only.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventBytes = DataOffset + sizeof(long);

    private readonly int _epoll = OrThrow(epoll_create1(EPOLL_CLOEXEC));
    private readonly byte* _events = (byte*)NativeMemory.Alloc((nuint)(EventsPerWait * EventBytes));
    private readonly int[] _ready = new int[EventsPerWait];

    /// <summary>Watches a socket until it is closed.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="client">The number of its client.</param>
    /// <param name="forRoom">True to watch for room to send; false for input or the end.</param>
    public void Add(int socket, int client, bool forRoom) => Control(ControlAdd, socket, client, forRoom);

    /// <summary>Changes a watch to input.</summary>
    public void AwaitInput(int socket, int client) => Control(ControlModify, socket, client, forRoom: false);

    /// <summary>The clients whose sockets are ready or have failed; valid until the next call.</summary>
    public ReadOnlySpan<int> Wait(TimeSpan timeout)
    {
        // Rounded up, so that a wait of less than a millisecond does not spin. A signal ends it early.
        int count = epoll_wait(_epoll, _events, EventsPerWait, (int)Math.Ceiling(timeout.TotalMilliseconds));
        for (int i = 0; i < count; i++)
            _ready[i] = (int)*(long*)(_events + i * EventBytes + DataOffset);
        return _ready.AsSpan(0, Math.Max(0, count));
    }

    public void Dispose()
    {
        ClientSocket.Close(_epoll);
        NativeMemory.Free(_events);
    }

    private void Control(int operation, int socket, int client, bool forRoom)
    {
        byte* entry = stackalloc byte[16];
        *(uint*)entry = forRoom ? EPOLLOUT : EPOLLIN;
        *(long*)(entry + DataOffset) = client;
        OrThrow(epoll_ctl(_epoll, operation, socket, entry));
    }

    private static int OrThrow(int result) => result >= 0
        ? result
        : throw new IOException($"epoll: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastSystemError())}");

    [LibraryImport("libc")]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc")]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* epollEvent);

    [LibraryImport("libc")]
    private static partial int epoll_wait(int epoll, byte* events, int capacity, int milliseconds);
}
