using System.Runtime.InteropServices;

namespace Hawser.Native;

internal static unsafe partial class Libc
{
    private const int AT_FDCWD = -100;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const uint STATX_TYPE_AND_INO = 0x101;
    // S_IFMT and S_IFSOCK.
    private const int TypeMask = 0xF000;
    private const int SocketType = 0xC000;

    /// <summary>Identifies the file at a path, without following a symbolic link.</summary>
    /// <returns>Null if there is none or it is unknown.</returns>
    public static FileIdentity? Identify(string path)
    {
        FileStatus status;
        if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE_AND_INO, &status) != 0)
            return null;
        return new FileIdentity(
            (status.Mode & TypeMask) == SocketType, ((ulong)status.DeviceMajor << 32) | status.DeviceMinor, status.Inode);
    }

    /// <summary>Identifies a file while it exists.</summary>
    internal readonly record struct FileIdentity(bool IsSocket, ulong Device, ulong Inode);

    // struct statx is the same on every architecture (statx(2)).
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, FileStatus* status);
}
