using System.Security.Cryptography;
using Hawser.Services.Clock.Wire;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Clock.Recording;

/// <summary>A file that grows by whole lines. Lines are appended in memory, and <see cref="Flush"/> writes all pending
/// lines in one write. Appending never waits for the disk, and a killed process leaves whole lines, with the exception
/// in docs/decisions/0030-recordings.md.</summary>
/// <remarks>Append under <see cref="Gate"/>, from any thread; flush from one thread at a time. If a stalled disk lets
/// the pending bytes reach the limit, further lines are dropped and counted. If the disk fails, the file is truncated
/// to its last whole line and accepts no more.</remarks>
internal sealed class LineFile : IDisposable
{
    /// <summary>The size limit of pending data in memory: 8 MiB, about four minutes of one client.</summary>
    public const int PendingLimit = 8 << 20;

    /// <summary>The same for the server's recording: 256 MiB, more than the rows that <c>ServerRecording</c> holds
    /// back.</summary>
    public const int ServerPendingLimit = 256 << 20;

    private readonly string _path;
    private readonly int _pendingLimit;
    private readonly SafeFileHandle _file;
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly TaskCompletionSource<RecordingDigest> _closed =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private byte[] _pending = new byte[4096];
    private byte[] _writing = new byte[4096];
    private int _pendingLength;
    private long _length;
    private bool _ended;

    /// <summary>Opens the file, or creates it and its folder. Keeps the existing content.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public LineFile(string path, int pendingLimit = PendingLimit)
    {
        string full = Path.GetFullPath(path);
        OutputFolder.Create(Path.GetDirectoryName(full)!);
        RegularFile.Require(full);
        _path = full;
        _pendingLimit = pendingLimit;
        _file = File.OpenHandle(full, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            Start = _length = StartLine(_file);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The offset of the first appended byte, after the earlier content and the newline that ends a torn
    /// line.</summary>
    public long Start { get; }

    /// <summary>Called at the start of every flush, to append lines held elsewhere.</summary>
    public Action? Filling { get; set; }

    /// <summary>The lock for appending; never held during a disk write.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The lines dropped because the disk was too slow or had failed.</summary>
    public long Dropped { get; private set; }

    /// <summary>Completes after <see cref="End"/>, when everything is written, with size and hash of the appended
    /// bytes. Fails with an <see cref="IOException"/> if the disk failed.</summary>
    public Task<RecordingDigest> Closed => _closed.Task;

    /// <summary>Returns room for a line of up to <paramref name="longest"/> bytes; empty if the line must be dropped.
    /// Call under <see cref="Gate"/>.</summary>
    public Span<byte> Reserve(int longest)
    {
        if (_ended || _closed.Task.IsCompleted || _pendingLength + longest > _pendingLimit)
        {
            Dropped++;
            return default;
        }

        if (_pendingLength + longest > _pending.Length)
            Array.Resize(ref _pending, Math.Max(_pending.Length * 2, _pendingLength + longest));
        return _pending.AsSpan(_pendingLength, longest);
    }

    /// <summary>Commits the first <paramref name="length"/> bytes of the room as a line. Call under
    /// <see cref="Gate"/>.</summary>
    public void Commit(int length) => _pendingLength += length;

    /// <summary>Appends whole lines. False: they were dropped.</summary>
    public bool Append(ReadOnlySpan<byte> lines)
    {
        lock (Gate)
        {
            Span<byte> room = Reserve(lines.Length);
            if (room.IsEmpty)
                return false;
            lines.CopyTo(room);
            Commit(lines.Length);
            return true;
        }
    }

    /// <summary>Ends the file: the next flush closes it.</summary>
    public void End()
    {
        lock (Gate)
            _ended = true;
    }

    /// <summary>Writes the pending lines in one write. False: the file is closed.</summary>
    public bool Flush()
    {
        if (_closed.Task.IsCompleted)
            return false;
        Filling?.Invoke();
        int length;
        bool ended;
        lock (Gate)
        {
            (_pending, _writing) = (_writing, _pending);
            length = _pendingLength;
            _pendingLength = 0;
            ended = _ended;
        }

        try
        {
            if (length > 0)
                Write(_writing.AsSpan(0, length));
            if (!ended)
                return true;
            Close();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Fail(error);
        }

        return false;
    }

    /// <summary>Ends the file and writes the pending lines.</summary>
    public void Dispose()
    {
        End();
        Flush();
        _file.Dispose();
        _sha256.Dispose();
    }

    /// <summary>Ends a torn line that a killed writer left, and returns the file's length.</summary>
    private static long StartLine(SafeFileHandle file)
    {
        long length = RandomAccess.GetLength(file);
        Span<byte> last = stackalloc byte[1];
        if (length == 0 || RandomAccess.Read(file, last, length - 1) == 0 || last[0] == '\n')
            return length;
        RandomAccess.Write(file, "\n"u8, length);
        return length + 1;
    }

    private void Write(ReadOnlySpan<byte> lines)
    {
        RandomAccess.Write(_file, lines, _length);
        _sha256.AppendData(lines);
        _length += lines.Length;
    }

    private void Close()
    {
        _file.Dispose();
        _closed.TrySetResult(new RecordingDigest(_length - Start, _sha256.GetHashAndReset()));
    }

    private void Fail(Exception cause)
    {
        try
        {
            RandomAccess.SetLength(_file, _length);
        }
        catch (IOException)
        {
            // The failed disk may refuse this as well; readers recognize a torn last line.
        }

        _file.Dispose();
        _closed.TrySetException(new IOException($"cannot write {_path}: {cause.Message}", cause));
    }
}
