using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Numbers;

/// <summary>A list being written, in pieces. It gets its name with <see cref="Complete"/>; disposed before, it is gone,
/// and the list of an earlier run that had the name with it.</summary>
/// <remarks>An earlier list is written over, under another name: pages, blocks and an inode that are there already cost
/// a third of new ones, and ext4 writes to the disk at once what is renamed onto another file.</remarks>
internal sealed class ListFile : IDisposable
{
    private readonly string _path;
    private readonly string _part;
    private readonly SafeFileHandle _file;
    private bool _isComplete;

    /// <exception cref="IOException">It cannot be made.</exception>
    public ListFile(string path)
    {
        _path = path;
        _part = $"{path}.part";
        bool isThere = File.Exists(path);
        // Opened before it loses its name: one that may not be written keeps it.
        _file = File.OpenHandle(
            isThere ? path : _part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read | FileShare.Delete);
        if (isThere)
            TakeName();
    }

    public long Length { get; private set; }

    /// <exception cref="IOException">The disk is full, or worse.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file, bytes, Length);
        Length += bytes.Length;
    }

    /// <exception cref="IOException">It cannot have its name.</exception>
    public void Complete()
    {
        if (RandomAccess.GetLength(_file) > Length)
            RandomAccess.SetLength(_file, Length);
        _file.Dispose();
        File.Move(_part, _path, overwrite: true);
        _isComplete = true;
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_isComplete)
            File.Delete(_part);
    }

    private void TakeName()
    {
        try
        {
            File.Move(_path, _part, overwrite: true);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }
}
