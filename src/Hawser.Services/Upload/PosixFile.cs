using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>Promises about files that the system makes and .NET does not pass on.</summary>
internal static unsafe partial class PosixFile
{
    public const int EEXIST = 17;
    public const int EAGAIN = 11;
    public const int ENOSPC = 28;
    public const int EDQUOT = 122;

    private const int EPERM = 1;
    private const int ENOSYS = 38;
    private const int EOPNOTSUPP = 95;
    private const int O_RDONLY = 0;
    private const int O_RDWR = 2;
    private const int O_CREAT = 0x40;
    private const int O_APPEND = 0x400;
    private const int O_CLOEXEC = 0x80000;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_NLINK = 4;
    private const int FALLOC_FL_KEEP_SIZE = 1;

    // struct statx of linux/stat.h, the same on every architecture.
    private const int StatxBytes = 256;
    private const int NumberOfLinksOffset = 16;

    /// <summary>Gives a file another name, which must be free: link(2) and unlink(2), and never an overwriting. Where a
    /// file system has no links, the name is only looked at before.</summary>
    /// <exception cref="IOException">The name is taken, or the disk failed; the file has its old name.</exception>
    public static void Rename(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            File.Move(from, to, overwrite: false);
            return;
        }
        if (Link(from, to) == 0)
        {
            File.Delete(from);
            return;
        }
        int error = Marshal.GetLastPInvokeError();
        // .NET looks, and then renames (rename(2) overwrites): a name made between the two would be lost.
        if (error is EPERM or ENOSYS or EOPNOTSUPP)
            File.Move(from, to, overwrite: false);
        else
            throw Error("name", to, error);
    }

    /// <summary>Whether an open file still has a name. True where nobody can tell.</summary>
    public static bool HasName(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
            return true;
        byte* found = stackalloc byte[StatxBytes];
        return Statx(file, "", AT_EMPTY_PATH, STATX_NLINK, found) != 0
            || *(uint*)(found + NumberOfLinksOffset) > 0;
    }

    /// <summary>Reserves space for a part of a file, whose length stays as it is.</summary>
    /// <returns>False when there is not so much, or the file system cannot do it.</returns>
    public static bool TryReserve(SafeFileHandle file, long offset, long bytes) =>
        OperatingSystem.IsLinux() && Fallocate(file, FALLOC_FL_KEEP_SIZE, offset, bytes) == 0;

    /// <summary>Makes the names in a folder durable (fsync(2) of the folder). Does nothing where there is no such
    /// call.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using SafeFileHandle handle = Open(folder, O_RDONLY | O_CLOEXEC, 0);
        if (Fsync(handle) != 0)
            throw Error("make durable", folder, Marshal.GetLastPInvokeError());
    }

    /// <summary>Opens a log that several processes append to: each write goes to the end, whole.</summary>
    public static SafeFileHandle OpenLog(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsLinux())
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        return Open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, (uint)mode);
    }

    private static SafeFileHandle Open(string path, int flags, uint mode)
    {
        SafeFileHandle handle = OpenFile(path, flags, mode);
        return handle.IsInvalid ? throw Error("open", path, Marshal.GetLastPInvokeError()) : handle;
    }

    private static IOException Error(string what, string path, int error) =>
        new($"cannot {what} {path}: {Marshal.GetPInvokeErrorMessage(error)}", error);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenFile(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "fallocate")]
    private static partial int Fallocate(SafeFileHandle file, int mode, long offset, long bytes);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(SafeFileHandle folder, string path, int flags, uint mask, byte* result);
}
