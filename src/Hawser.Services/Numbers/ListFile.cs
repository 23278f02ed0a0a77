using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Numbers;

/// <summary>A list being written, in pieces, under a temporary name. <see cref="Complete"/> gives it its own, in place
/// of the list of an earlier run; disposed before, it is gone and the earlier list stays.</summary>
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
        _file = File.OpenHandle(_part, FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete);
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
}
