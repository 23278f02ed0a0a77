using System.Runtime.InteropServices;

namespace Hawser.Native;

/// <summary>A file of Linux, whatever its names: two identities are equal while both files exist and are the same.</summary>
/// <remarks>The services compile this file too: there is one declaration of statx(2).</remarks>
internal readonly unsafe partial record struct FileIdentity(FileKind Kind, uint DeviceMajor, uint DeviceMinor, ulong Inode)
{
    private const int AT_FDCWD = -100;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_TYPE_AND_INO = 0x101;
    private const uint STATX_TYPE_MODE_AND_UID = 0xB;
    // S_IFMT
    private const int TypeMask = 0xF000;

    /// <summary>The file that a path names, without following a symbolic link.</summary>
    /// <returns>Null if there is none, or the system does not tell.</returns>
    public static FileIdentity? Of(string path) => Ask(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);

    /// <summary>The file that a path names, after symbolic links.</summary>
    /// <returns>Null if there is none, or the system does not tell.</returns>
    public static FileIdentity? OfTarget(string path) => Ask(AT_FDCWD, path, 0);

    /// <summary>An open file.</summary>
    /// <returns>Null if the system does not tell.</returns>
    public static FileIdentity? Of(SafeHandle file)
    {
        bool isHeld = false;
        file.DangerousAddRef(ref isHeld);
        try
        {
            return Ask((int)file.DangerousGetHandle(), "", AT_EMPTY_PATH);
        }
        finally
        {
            file.DangerousRelease();
        }
    }

    /// <summary>The owner of the file that a path names, and its type and mode (st_mode), without following a symbolic
    /// link.</summary>
    /// <returns>Null if there is none, or the system does not tell.</returns>
    public static (uint Owner, int Mode)? PermissionsOf(string path)
    {
        FileStatus status;
        return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE_MODE_AND_UID, &status) == 0
            ? (status.Owner, status.Mode)
            : null;
    }

    private static FileIdentity? Ask(int folder, string path, int flags)
    {
        FileStatus status;
        if (statx(folder, path, flags, STATX_TYPE_AND_INO, &status) != 0)
            return null;
        return new FileIdentity(
            (FileKind)(status.Mode & TypeMask), status.DeviceMajor, status.DeviceMinor, status.Inode);
    }

    // struct statx is the same on every architecture (statx(2)).
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(20)]
        public uint Owner;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, FileStatus* status);
}

/// <summary>What a file is (inode(7)).</summary>
internal enum FileKind
{
    Pipe = 0x1000,
    Regular = 0x8000,
    Socket = 0xC000,
}
