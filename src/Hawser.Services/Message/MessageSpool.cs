using System.Buffers;
using System.Numerics;
using Hawser.Services.Text;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Message;

/// <summary>The waiting bytes of one message: in pooled memory while it is small and memory is left, then in an
/// unlinked temporary file.</summary>
/// <param name="memory">The memory budget of all messages.</param>
/// <param name="disk">The disk budget of all messages.</param>
/// <param name="folder">The folder of the files.</param>
internal sealed class MessageSpool(ByteBudget memory, ByteBudget disk, string folder) : IDisposable
{
    /// <summary>The memory limit of a message, in bytes.</summary>
    public const int MemoryLimitBytes = 256 * 1024;

    private const int SmallestBufferBytes = 4 * 1024;
    private const int CopyBufferBytes = 256 * 1024;
    private const int MostKept = 16;

    // The shared pool keeps an array of each size per thread that ever used one. Under a thread per connection these
    // would be as much again as the budget.
    private static readonly ArrayPool<byte> Pool =
        ArrayPool<byte>.Create(MemoryLimitBytes, Math.Min(2 * Environment.ProcessorCount, MostKept));

    private byte[]? _buffer;
    private int _inMemory;
    private FileStream? _file;
    private long _inFile;
    private long _taken;
    private volatile bool _isOnDisk;

    /// <summary>Bytes waiting.</summary>
    public long Length => _inMemory + _inFile;

    /// <summary>Whether it has a file. Thread-safe.</summary>
    public bool IsOnDisk => _isOnDisk;

    /// <summary>Appends bytes.</summary>
    /// <exception cref="MessageRefusedException">The disk or the budget is full.</exception>
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

    /// <summary>Writes all waiting bytes in order and removes them.</summary>
    /// <exception cref="MessageRefusedException">The temporary file cannot be read.</exception>
    public void MoveTo<T>(ReadOnlySpanAction<byte, T> write, T argument)
    {
        if (_inMemory > 0)
            write(_buffer.AsSpan(0, _inMemory), argument);
        if (_file is not null)
            CopyFileTo(write, argument, _file.SafeFileHandle);
        Dispose();
    }

    /// <summary>Discards the waiting bytes.</summary>
    public void Dispose()
    {
        if (_buffer is not null)
        {
            Pool.Return(_buffer);
            memory.Return(_buffer.Length);
        }
        _buffer = null;
        _inMemory = 0;
        _isOnDisk = false;
        _file?.Dispose();
        _file = null;
        _inFile = 0;
        disk.Return(_taken);
        _taken = 0;
    }

    private bool TryMakeRoom(int needed)
    {
        if (_buffer is not null && needed <= _buffer.Length)
            return true;
        if (needed > MemoryLimitBytes)
            return false;
        int size = (int)BitOperations.RoundUpToPowerOf2(
            (uint)Math.Max(needed, 2 * (_buffer?.Length ?? SmallestBufferBytes / 2)));
        if (!memory.TryTake(size))
            return false;
        byte[] larger = Pool.Rent(size);
        if (_buffer is not null)
        {
            _buffer.AsSpan(0, _inMemory).CopyTo(larger);
            Pool.Return(_buffer);
            memory.Return(_buffer.Length);
        }
        _buffer = larger;
        return true;
    }

    private void AppendToFile(ReadOnlySpan<byte> bytes)
    {
        if (!disk.TryTake(bytes.Length))
        {
            throw new MessageRefusedException($"waiting messages may hold {Quantity.FormatSize(disk.LimitBytes)} on "
                + "disk, and there is no room left (--spool-limit); send it again later");
        }
        _taken += bytes.Length;
        try
        {
            _file ??= CreateFile();
            _isOnDisk = true;
            RandomAccess.Write(_file.SafeFileHandle, bytes, _inFile);
            _inFile += bytes.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MessageRefusedException($"cannot keep it in {folder}: {e.Message}; make room there, or set TMPDIR "
                + "to a folder that has some", e);
        }
    }

    /// <summary>Creates a file without a name, which the system deletes when this process ends. No other user may read
    /// it, even while it has a name.</summary>
    private FileStream CreateFile()
    {
        string path = Path.Combine(folder, $"hawser-message-{Guid.NewGuid():N}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            Options = FileOptions.DeleteOnClose,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, options);
        if (!OperatingSystem.IsWindows())
            File.Delete(path);
        return file;
    }

    private void CopyFileTo<T>(ReadOnlySpanAction<byte, T> write, T argument, SafeFileHandle file)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBufferBytes);
        try
        {
            for (long offset = 0; offset < _inFile;)
            {
                int read = Read(file, buffer, offset);
                write(buffer.AsSpan(0, read), argument);
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
            throw new MessageRefusedException($"cannot read back what was kept in {folder}: {e.Message}", e);
        }
    }
}
