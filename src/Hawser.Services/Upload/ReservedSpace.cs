using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>Space on the disk that a growing file has before it needs it (fallocate(2)): the file system then finds a
/// place for megabytes at once, and not for every block as it is written.</summary>
/// <remarks>Nobody else gets that space meanwhile, so it is a small share of what is free. Where there is little, or
/// the file system cannot do it, the file grows as files do.</remarks>
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

    /// <summary>Sees to it that a piece that is written next finds its space, if that is to be had.</summary>
    /// <param name="length">Of the file so far. A small one needs no space ahead.</param>
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

    /// <summary>Gives back what the file does not need.</summary>
    /// <param name="length">Of the file at its end.</param>
    public void Release(long length)
    {
        if (_end > length)
            RandomAccess.SetLength(file, length);
    }
}
