using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Numbers;

/// <summary>A list that is written in pieces to a temporary file. <see cref="Complete"/> renames it, over the list of
/// an earlier run. If it is disposed before, it is deleted and the earlier list stays.</summary>
internal sealed class ListFile : IDisposable
{
    private readonly string _path;
    private readonly string _part;
    private readonly SafeFileHandle _file;
    private bool _isComplete;

    /// <exception cref="IOException">The file cannot be created.</exception>
    public ListFile(string path)
    {
        _path = path;
        _part = $"{path}.part";
        _file = File.OpenHandle(_part, FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete);
    }

    public long Length { get; private set; }

    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file, bytes, Length);
        Length += bytes.Length;
    }

    /// <exception cref="IOException">The file cannot be renamed.</exception>
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
