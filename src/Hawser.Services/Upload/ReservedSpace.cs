using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>Reserves disk space ahead of a growing file (fallocate(2)), so that the file system allocates megabytes at
/// once instead of single blocks.</summary>
/// <remarks>Reserved space is unavailable to others, so it is a small share of the free space. Without enough free
/// space or without support by the file system, nothing is reserved.</remarks>
/// <param name="file">Open for writing.</param>
/// <param name="path">A path on the same file system.</param>
internal sealed class ReservedSpace(SafeFileHandle file, string path)
{
    private const long Mebibyte = 1024 * 1024;
    private const long SmallestStep = 4 * Mebibyte;
    private const long LargestStep = 64 * Mebibyte;
    private const long ShareOfFree = 64;

    private long _end;
    private bool _isRefused;

    /// <summary>Reserves space for the next piece, if possible.</summary>
    /// <param name="length">The length of the file so far. A small file needs no reserve.</param>
    public void Extend(long length)
    {
        if (_isRefused || length < SmallestStep || length + Mebibyte <= _end)
            return;
        long step = Math.Min(length, LargestStep);
        long begin = Math.Max(_end, length);
        _isRefused = new DriveInfo(path).AvailableFreeSpace / ShareOfFree < step
            || !PosixFile.TryReserve(file, begin, step);
        if (!_isRefused)
            _end = begin + step;
    }

    /// <summary>Releases the unused space.</summary>
    /// <param name="length">The final length of the file.</param>
    public void Release(long length)
    {
        if (_end > length)
            RandomAccess.SetLength(file, length);
    }
}
