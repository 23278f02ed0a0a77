using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

[assembly: DisableRuntimeMarshalling]

namespace Hawser.Native;

/// <summary>Calls of the C library that .NET lacks or wraps more slowly. Linux only.</summary>
/// <remarks>errno is read at once after a failed call (<see cref="OrError"/>), instead of being cleared before and
/// copied after every call.</remarks>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int EINVAL = 22;

    private const int EPERM = 1;
    private const int EPIPE = 32;
    private const int ENOSYS = 38;
    private const int ECONNRESET = 104;
    private const int ENOTCONN = 107;
    private const int ETIMEDOUT = 110;
    private const int MSG_DONTWAIT = 0x40;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int EFD_NONBLOCK = 0x800;
    private const int EFD_CLOEXEC = 0x80000;
    private const int EPOLL_CLOEXEC = 0x80000;
    private const short POLLIN = 1;
    private const short POLLOUT = 4;
    private const short POLLERR = 8;
    private const int O_CLOEXEC = 0x80000;
    private const int F_SETPIPE_SZ = 1031;
    private const int PR_SET_TIMERSLACK = 29;
    private const uint SPLICE_F_MOVE = 1;
    private const ulong ShortSliceNanoseconds = 100_000;

    private static bool _hasEpollPwait2 = true;

    /// <summary>Bytes received, 0 at the end of the stream, or the negative errno.</summary>
    public static int Receive(int socket, Span<byte> buffer, bool mayWait)
    {
        fixed (byte* start = buffer)
        {
            nint received;
            do
            {
                received = OrError(recv(socket, start, (nuint)buffer.Length, mayWait ? 0 : MSG_DONTWAIT));
            }
            while (received == -EINTR);
            return (int)received;
        }
    }

    /// <summary>Bytes that the kernel accepted, or the negative errno.</summary>
    public static int Send(int socket, ReadOnlySpan<byte> data, bool mayWait)
    {
        fixed (byte* start = data)
        {
            nint sent;
            do
            {
                sent = OrError(send(
                    socket, start, (nuint)data.Length, mayWait ? MSG_NOSIGNAL : MSG_NOSIGNAL | MSG_DONTWAIT));
            }
            while (sent == -EINTR);
            return (int)sent;
        }
    }

    /// <summary>Bytes moved from the file to the socket, 0 at the file's end, or the negative errno.</summary>
    public static long SendFile(int socket, int file, long offset, long count)
    {
        nint sent;
        do
        {
            sent = OrError(sendfile(socket, file, ref offset, (nuint)Math.Min(count, 1 << 30)));
        }
        while (sent == -EINTR);
        return sent;
    }

    /// <summary>Bytes moved from one descriptor to the other, one of them a pipe; 0 at the end, or the negative errno.
    /// An offset below zero means none.</summary>
    public static long Splice(int from, int to, long offset, int count)
    {
        nint moved;
        do
        {
            moved = OrError(splice(from, null, to, offset < 0 ? null : &offset, (nuint)count, SPLICE_F_MOVE));
        }
        while (moved == -EINTR);
        return moved;
    }

    /// <summary>Bytes read from a pipe, 0 at its end, or the negative errno.</summary>
    public static int Read(int pipe, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint count;
            do
            {
                count = OrError(read(pipe, start, (nuint)buffer.Length));
            }
            while (count == -EINTR);
            return (int)count;
        }
    }

    /// <summary>Reads available bytes of a pipe, waiting for the first; 0 at its end.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static int ReadPipe(SafeFileHandle pipe, Span<byte> buffer)
    {
        using DescriptorLease source = new(pipe);
        int read;
        // Another process may have made it non-blocking.
        while ((read = Read(source.Descriptor, buffer)) == -EAGAIN)
            Poll(source.Descriptor, toSend: false, wake: -1, Deadline.None, out _);
        return read >= 0 ? read : throw FileError(-read);
    }

    /// <summary>Creates a pipe of this capacity.</summary>
    /// <returns>False if there is no descriptor or no memory for it.</returns>
    public static bool TryCreatePipe(
        int bytes, [NotNullWhen(true)] out SafeFileHandle? output, [NotNullWhen(true)] out SafeFileHandle? input)
    {
        output = input = null;
        int* ends = stackalloc int[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            return false;
        output = new SafeFileHandle(ends[0], ownsHandle: true);
        input = new SafeFileHandle(ends[1], ownsHandle: true);
        if (fcntl(ends[1], F_SETPIPE_SZ, bytes) >= bytes)
            return true;
        output.Dispose();
        input.Dispose();
        return false;
    }

    /// <summary>The exception that .NET's file calls throw for this errno.</summary>
    public static IOException FileError(int errno) => new(Marshal.GetPInvokeErrorMessage(errno), errno);

    /// <summary>Waits until a socket is ready in one direction, another descriptor has input, or the deadline
    /// passes.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="toSend">Ready to send; otherwise to receive: input, an end, or an error.</param>
    /// <param name="wake">The other descriptor; below zero for none.</param>
    /// <param name="deadline">If passed, polls without waiting.</param>
    /// <param name="isWoken">The other descriptor has input.</param>
    /// <returns>Whether the socket is ready.</returns>
    public static bool Poll(int socket, bool toSend, int wake, Deadline deadline, out bool isWoken)
    {
        PollEntry* entries = stackalloc PollEntry[2];
        while (true)
        {
            entries[0] = new PollEntry { Descriptor = socket, Events = toSend ? POLLOUT : POLLIN };
            entries[1] = new PollEntry { Descriptor = wake, Events = POLLIN };
            Timespec timeout = Timespec.FromNanoseconds(Math.Max(0, deadline.RemainingNanoseconds));
            nint ready = OrError(ppoll(entries, 2, deadline.IsNone ? null : &timeout, null));
            if (ready < 0 && ready != -EINTR)
                throw SocketError((int)-ready);
            isWoken = ready > 0 && entries[1].Returned != 0;
            if (ready > 0 || (ready == 0 && deadline.HasPassed))
                return ready > 0 && entries[0].Returned != 0;
        }
    }

    /// <summary>Whether the peer has reset the socket, or it has failed otherwise.</summary>
    public static bool HasError(int socket)
    {
        var entry = new PollEntry { Descriptor = socket };
        var now = default(Timespec);
        return ppoll(&entry, 1, &now, null) == 1 && (entry.Returned & POLLERR) != 0;
    }

    /// <summary>Makes the calling thread's waits end on time. By default the kernel may delay each by 50 microseconds
    /// to combine wake-ups.</summary>
    public static void TightenTimers() => _ = prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);

    /// <summary>Requests short time slices, so that the calling thread runs soon after it wakes (sched_setattr(2); no
    /// effect before Linux 6.12).</summary>
    public static void ShortenSlices()
    {
        int number = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 314,
            Architecture.Arm64 => 274,
            _ => 0,
        };
        if (number == 0)
            return;
        var attributes = new SchedulingAttributes { Size = (uint)sizeof(SchedulingAttributes), Runtime = ShortSliceNanoseconds };
        _ = syscall(number, 0, (nint)(&attributes), 0);
    }

    public static SafeFileHandle CreateEpoll() => Owned(epoll_create1(EPOLL_CLOEXEC));

    public static SafeFileHandle CreateEvent() => Owned(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));

    /// <exception cref="ObjectDisposedException">The handle is closed.</exception>
    public static void SignalEvent(SafeFileHandle signal)
    {
        using DescriptorLease lease = new(signal);
        ulong one = 1;
        write(lease.Descriptor, (byte*)&one, sizeof(ulong));
    }

    public static void ClearEvent(SafeFileHandle signal)
    {
        ulong count;
        read((int)signal.DangerousGetHandle(), (byte*)&count, sizeof(ulong));
    }

    public static void Control(SafeFileHandle epoll, int operation, int descriptor, byte* epollEvent)
    {
        nint result = OrError(epoll_ctl((int)epoll.DangerousGetHandle(), operation, descriptor, epollEvent));
        if (result < 0)
            throw SocketError((int)-result);
    }

    /// <summary>Waits for events; below zero without a timeout. Precise to nanoseconds with epoll_pwait2 (Linux 5.11),
    /// otherwise to milliseconds, rounded down.</summary>
    public static int Wait(SafeFileHandle epoll, byte* events, int capacity, long timeoutNanoseconds)
    {
        int descriptor = (int)epoll.DangerousGetHandle();
        nint ready = timeoutNanoseconds > 0 && _hasEpollPwait2
            ? PreciseWait(descriptor, events, capacity, timeoutNanoseconds)
            : OrError(epoll_wait(descriptor, events, capacity, WholeMilliseconds(timeoutNanoseconds)));
        if (ready >= 0)
            return (int)ready;
        return ready == -EINTR ? 0 : throw SocketError((int)-ready);
    }

    /// <summary>The exception that .NET's sockets throw for this errno.</summary>
    public static SocketException SocketError(int errno) => new((int)(errno switch
    {
        EPIPE or ECONNRESET or ENOTCONN => System.Net.Sockets.SocketError.ConnectionReset,
        ETIMEDOUT => System.Net.Sockets.SocketError.TimedOut,
        _ => System.Net.Sockets.SocketError.SocketError,
    }), $"{Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})");

    /// <summary>The exception for a failed sendfile(2), whether by the socket or the file.</summary>
    public static Exception SendFileError(int errno) =>
        errno is EPIPE or ECONNRESET or ENOTCONN or ETIMEDOUT ? SocketError(errno) : FileError(errno);

    private static nint PreciseWait(int epoll, byte* events, int capacity, long timeoutNanoseconds)
    {
        Timespec timeout = Timespec.FromNanoseconds(timeoutNanoseconds);
        try
        {
            nint ready = OrError(epoll_pwait2(epoll, events, capacity, &timeout, null));
            // EPERM: a seccomp filter older than the call.
            if (ready is not (-ENOSYS or -EPERM))
                return ready;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library older than the kernel: glibc has the call since 2.35.
        }
        _hasEpollPwait2 = false;
        return OrError(epoll_wait(epoll, events, capacity, WholeMilliseconds(timeoutNanoseconds)));
    }

    /// <summary>The result of a call, or the negative errno if it failed.</summary>
    private static nint OrError(nint result) => result >= 0 ? result : -Marshal.GetLastSystemError();

    private static int WholeMilliseconds(long nanoseconds) =>
        nanoseconds < 0 ? -1 : (int)Math.Min(nanoseconds / 1_000_000, int.MaxValue);

    private static SafeFileHandle Owned(nint descriptor)
    {
        nint owned = OrError(descriptor);
        return owned >= 0 ? new SafeFileHandle(owned, ownsHandle: true) : throw SocketError((int)-owned);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;

        public static Timespec FromNanoseconds(long value) =>
            new() { Seconds = (nint)(value / 1_000_000_000), Nanoseconds = (nint)(value % 1_000_000_000) };
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct SchedulingAttributes
    {
        public uint Size;
        public uint Policy;
        public ulong Flags;
        public int Nice;
        public uint Priority;
        public ulong Runtime;
        public ulong Deadline;
        public ulong Period;
    }

    [LibraryImport(Library)]
    private static partial nint syscall(nint number, nint a, nint b, nint c);

    [LibraryImport(Library)]
    private static partial nint recv(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport(Library)]
    private static partial nint send(int socket, byte* data, nuint length, int flags);

    [LibraryImport(Library)]
    private static partial nint sendfile(int socket, int file, ref long offset, nuint count);

    [LibraryImport(Library)]
    private static partial nint splice(int from, long* fromOffset, int to, long* toOffset, nuint count, uint flags);

    [LibraryImport(Library)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport(Library)]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport(Library)]
    private static partial int ppoll(PollEntry* entries, nuint count, Timespec* timeout, void* signals);

    [LibraryImport(Library)]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport(Library)]
    private static partial int epoll_create1(int flags);

    [LibraryImport(Library)]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* epollEvent);

    [LibraryImport(Library)]
    private static partial int epoll_wait(int epoll, byte* events, int capacity, int timeoutMilliseconds);

    [LibraryImport(Library)]
    private static partial int epoll_pwait2(int epoll, byte* events, int capacity, Timespec* timeout, void* signals);

    [LibraryImport(Library)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport(Library)]
    private static partial nint read(int descriptor, byte* buffer, nuint length);

    [LibraryImport(Library)]
    private static partial nint write(int descriptor, byte* data, nuint length);
}
