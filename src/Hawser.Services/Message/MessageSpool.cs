using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Message;

/// <summary>What has come of one message and must wait: in pooled memory while it is small and there is memory left, in
/// an unlinked temporary file from then on.</summary>
internal sealed class MessageSpool(MessageMemory memory, string folder) : IDisposable
{
    /// <summary>Bytes of a message that may wait in memory.</summary>
    public const int MemoryLimitBytes = 256 * 1024;

    private const int SmallestBufferBytes = 4 * 1024;
    private const int CopyBufferBytes = 256 * 1024;

    private byte[]? _buffer;
    private int _inMemory;
    private SafeFileHandle? _file;
    private long _inFile;

    /// <summary>Bytes that wait.</summary>
    public long Length => _inMemory + _inFile;

    /// <summary>Adds bytes at the end.</summary>
    /// <exception cref="SpoolException">The disk is full.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_file is null && TryMakeRoom(_inMemory + bytes.Length))
        {
            bytes.CopyTo(_buffer.AsSpan(_inMemory));
            _inMemory += bytes.Length;
        }
        else
        {
            AppendToFile(bytes);
        }
    }

    /// <summary>Writes all that waits, in order, and is empty then.</summary>
    /// <exception cref="SpoolException">The temporary file cannot be read.</exception>
    public void MoveTo(Stream output)
    {
        if (_inMemory > 0)
            output.Write(_buffer!, 0, _inMemory);
        if (_file is not null)
            CopyFileTo(output, _file);
        Dispose();
    }

    /// <summary>Forgets what waits.</summary>
    public void Dispose()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            memory.Return(_buffer.Length);
        }
        _buffer = null;
        _inMemory = 0;
        _file?.Dispose();
        _file = null;
        _inFile = 0;
    }

    private bool TryMakeRoom(int needed)
    {
        if (_buffer is not null && needed <= _buffer.Length)
            return true;
        if (needed > MemoryLimitBytes)
            return false;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 2 * (_buffer?.Length ?? SmallestBufferBytes / 2)));
        if (!memory.TryTake(larger.Length))
        {
            ArrayPool<byte>.Shared.Return(larger);
            return false;
        }
        if (_buffer is not null)
        {
            _buffer.AsSpan(0, _inMemory).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            memory.Return(_buffer.Length);
        }
        _buffer = larger;
        return true;
    }

    private void AppendToFile(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _file ??= CreateFile();
            RandomAccess.Write(_file, bytes, _inFile);
            _inFile += bytes.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SpoolException($"cannot keep it in {folder}: {e.Message}", e);
        }
    }

    /// <summary>A file without a name: the system takes it back when this process is gone, however it goes.</summary>
    private SafeFileHandle CreateFile()
    {
        string path = Path.Combine(folder, $"hawser-message-{Guid.NewGuid():N}");
        SafeFileHandle file = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, FileOptions.DeleteOnClose);
        if (!OperatingSystem.IsWindows())
            File.Delete(path);
        return file;
    }

    private void CopyFileTo(Stream output, SafeFileHandle file)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBufferBytes);
        try
        {
            for (long offset = 0; offset < _inFile;)
            {
                int read = Read(file, buffer, offset);
                output.Write(buffer, 0, read);
                offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private int Read(SafeFileHandle file, byte[] buffer, long offset)
    {
        try
        {
            int read = RandomAccess.Read(file, buffer, offset);
            return read > 0 ? read : throw new EndOfStreamException("it is shorter than what was written to it");
        }
        catch (IOException e)
        {
            throw new SpoolException($"cannot read back what was kept in {folder}: {e.Message}", e);
        }
    }
}
