using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Benchmarks.Transfers;

/// <summary>System calls between files and sockets. Each returns the bytes it moved, or -1.</summary>
internal static partial class FileCalls
{
    private const int O_CLOEXEC = 0x80000;
    private const int F_SETPIPE_SZ = 1031;
    private const uint SPLICE_F_MOVE = 1;
    private const int FALLOC_FL_KEEP_SIZE = 1;

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static unsafe partial nint Read(SafeHandle from, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static unsafe partial nint Write(SafeHandle to, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "sendfile", SetLastError = true)]
    public static partial nint SendFile(SafeHandle to, SafeHandle from, nint offset, nint count);

    /// <summary>splice(2); one of the two must be a pipe.</summary>
    public static nint Splice(SafeHandle from, SafeHandle to, nint count) =>
        SpliceCall(from, 0, to, 0, count, SPLICE_F_MOVE);

    /// <summary>Reserves space from the start of a file without changing its length.</summary>
    public static nint Reserve(SafeHandle file, long bytes) => ReserveCall(file, FALLOC_FL_KEEP_SIZE, 0, bytes);

    /// <summary>Creates a pipe of this size, if the system allows it.</summary>
    public static unsafe (SafeFileHandle Out, SafeFileHandle In) CreatePipe(int bytes)
    {
        int* ends = stackalloc int[2];
        if (PipeCall(ends, O_CLOEXEC) != 0)
            throw new IOException($"pipe: {Marshal.GetLastPInvokeErrorMessage()}");
        var pipe = (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
        _ = FcntlCall(pipe.Item2, F_SETPIPE_SZ, bytes);
        return pipe;
    }

    [LibraryImport("libc", EntryPoint = "splice", SetLastError = true)]
    private static partial nint SpliceCall(
        SafeHandle from, nint fromOffset, SafeHandle to, nint toOffset, nint count, uint flags);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int ReserveCall(SafeHandle file, int mode, long offset, long bytes);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    private static unsafe partial int PipeCall(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FcntlCall(SafeHandle descriptor, int command, int argument);
}
