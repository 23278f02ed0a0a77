using System.Globalization;
using System.Runtime.InteropServices;
using Hawser.Native;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>What Linux guarantees about files and .NET does not expose.</summary>
internal static partial class PosixFile
{
    public const int EEXIST = 17;
    public const int EAGAIN = 11;
    public const int ENOSPC = 28;
    public const int EDQUOT = 122;

    private const int EPERM = 1;
    private const int ENOENT = 2;
    private const int EINTR = 4;
    private const int ENOSYS = 38;
    private const int EOPNOTSUPP = 95;
    private const int O_RDONLY = 0;
    private const int O_RDWR = 2;
    private const int O_CREAT = 0x40;
    private const int O_APPEND = 0x400;
    private const int O_CLOEXEC = 0x80000;
    private const int AT_FDCWD = -100;
    private const int AT_SYMLINK_FOLLOW = 0x400;
    private const int FALLOC_FL_KEEP_SIZE = 1;
    private const int F_OFD_SETLKW = 38;
    private const short F_WRLCK = 1;
    private const short F_UNLCK = 2;

    /// <summary>Renames an open file to a free name. The open file gets the name, whatever the old name refers to by now:
    /// linkat(2) by descriptor. On a file system without links both names are only checked.</summary>
    /// <exception cref="IOException">The name is taken, the file has lost its name, or the disk failed.</exception>
    public static void Publish(SafeFileHandle file, string from, string to)
    {
        if (!OperatingSystem.IsLinux())
        {
            File.Move(from, to, overwrite: false);
            return;
        }
        int error = LinkOpen(file, to);
        if (error is 0)
        {
            DropName(file, from);
        }
        else if (error is EPERM or ENOSYS or EOPNOTSUPP or ENOENT && IsNamed(file, from))
        {
            // No links, or no /proc. .NET checks, then calls rename(2), which overwrites a file created in between.
            File.Move(from, to, overwrite: false);
            if (!IsNamed(file, to))
                throw new IOException($"cannot name {to}: another file took its place");
        }
        else
        {
            throw Error("name", to, error);
        }
    }

    private static void DropName(SafeFileHandle file, string name)
    {
        try
        {
            if (IsNamed(file, name))
                File.Delete(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The file has its final name; the next start removes the other one as a leftover.
        }
    }

    /// <summary>Whether a path names this open file, and not a symbolic link to it. True if the system does not
    /// tell.</summary>
    public static bool IsNamed(SafeFileHandle file, string path)
    {
        if (!OperatingSystem.IsLinux())
            return true;
        return FileIdentity.Of(file) is not { } opened || FileIdentity.Of(path) == opened;
    }

    /// <summary>Reserves disk space for a part of a file without changing its length (fallocate(2)).</summary>
    /// <returns>False if the disk lacks the space or the file system the call.</returns>
    public static bool TryReserve(SafeFileHandle file, long offset, long bytes) =>
        OperatingSystem.IsLinux() && Fallocate(file, FALLOC_FL_KEEP_SIZE, offset, bytes) == 0;

    /// <summary>Makes the names in a folder durable (fsync(2) of the folder). Does nothing except on Linux.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using SafeFileHandle handle = Open(folder, O_RDONLY | O_CLOEXEC, 0);
        if (Fsync(handle) != 0)
            throw Error("make durable", folder, Marshal.GetLastPInvokeError());
    }

    /// <summary>Opens a log that several processes append to; each write is atomic (O_APPEND).</summary>
    public static SafeFileHandle OpenLog(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsLinux())
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        return Open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, (uint)mode);
    }

    /// <summary>Waits for the lock of a file that several open descriptors share, in this process or others
    /// (F_OFD_SETLKW), and holds it until disposed. Readers need no lock. Locks nothing except on Linux, and where the
    /// file system has no locks.</summary>
    public static FileLock Lock(SafeFileHandle file)
    {
        SetLock(file, F_WRLCK);
        return new FileLock(file);
    }

    private static void SetLock(SafeFileHandle file, short type)
    {
        var range = new LockedRange { Type = type };
        while (OperatingSystem.IsLinux() && Fcntl(file, F_OFD_SETLKW, ref range) != 0
            && Marshal.GetLastPInvokeError() == EINTR)
        {
        }
    }

    /// <returns>0 or the errno. ENOENT: the file has no name left, or there is no /proc.</returns>
    private static int LinkOpen(SafeFileHandle file, string to)
    {
        bool isHeld = false;
        file.DangerousAddRef(ref isHeld);
        try
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.DangerousGetHandle()}");
            return LinkAt(AT_FDCWD, path, AT_FDCWD, to, AT_SYMLINK_FOLLOW) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        finally
        {
            file.DangerousRelease();
        }
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

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinkAt(int fromFolder, string from, int toFolder, string to, int flags);

    [LibraryImport("libc", EntryPoint = "fallocate")]
    private static partial int Fallocate(SafeFileHandle file, int mode, long offset, long bytes);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(SafeFileHandle handle, int command, ref LockedRange range);

    /// <summary>A held lock.</summary>
    public readonly ref struct FileLock(SafeFileHandle file) : IDisposable
    {
        public void Dispose() => SetLock(file, F_UNLCK);
    }

    // struct flock; a length of 0 is the whole file.
    private struct LockedRange
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }
}
