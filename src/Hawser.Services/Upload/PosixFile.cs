using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>Two things of the system that .NET does not offer for folders and shared logs.</summary>
internal static partial class DurableFolder
{
    private const int O_RDONLY = 0;
    private const int O_WRONLY = 1;
    private const int O_CREAT = 0x40;
    private const int O_APPEND = 0x400;
    private const int O_CLOEXEC = 0x80000;

    /// <summary>Makes the names in a folder durable (fsync(2) of the folder). Does nothing where there is no such
    /// call.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using SafeFileHandle handle = Open(folder, O_RDONLY | O_CLOEXEC, 0);
        if (Fsync(handle) != 0)
            throw Error("make durable", folder);
    }

    /// <summary>Opens a log that several processes append to: each write goes to the end, whole.</summary>
    public static SafeFileHandle OpenLog(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsLinux())
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        return Open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, (uint)mode);
    }

    private static SafeFileHandle Open(string path, int flags, uint mode)
    {
        SafeFileHandle handle = OpenFile(path, flags, mode);
        return handle.IsInvalid ? throw Error("open", path) : handle;
    }

    private static IOException Error(string what, string path) =>
        new($"cannot {what} {path}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenFile(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle handle);
}
