using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Numbers;

/// <summary>A list being written, in pieces. It gets its name with <see cref="Complete"/>; disposed before, it is
/// gone.</summary>
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
        _file = File.OpenHandle(_part, FileMode.Create, FileAccess.Write);
    }

    public long Length { get; private set; }

    /// <exception cref="IOException">The disk is full, or worse.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file, bytes, Length);
        Length += bytes.Length;
    }

    public void Complete()
    {
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
