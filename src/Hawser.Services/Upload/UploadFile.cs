using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>One upload on its way into the folder. Until it is published nothing stands under its final name.</summary>
internal sealed class UploadFile : IDisposable
{
    /// <summary>The length of the file of a failed upload.</summary>
    public const int ErrorBytes = 5;

    // With Sync, so that the flush at the end is short: the client waits for it.
    private const long FlushEveryBytes = 64 * 1024 * 1024;

    private static ReadOnlySpan<byte> ErrorMark => "ERROR"u8;

    private readonly string _part;
    private readonly string _final;
    private readonly UploadSettings _settings;
    private readonly UploadFolder _folder;
    private readonly UsageShare _share;
    private readonly FollowingHash? _hash;
    private readonly ReservedSpace? _space;
    private long _flushed;
    private bool _published;

    /// <summary>Takes over an open part and its share of the folder.</summary>
    public UploadFile(
        long number, SafeFileHandle handle, string part, string final, UploadSettings settings, UploadFolder folder,
        UsageShare share)
    {
        Number = number;
        Handle = handle;
        _part = part;
        _final = final;
        _settings = settings;
        _folder = folder;
        _share = share;
        // Space that is reserved is not free, and would count as if it were used.
        _space = settings.MinFreeBytes == 0 ? new ReservedSpace(Handle, part) : null;
        _hash = settings.Receipt || settings.Manifest ? new FollowingHash(Handle, 0) : null;
    }

    /// <summary>Its number in the folder.</summary>
    public long Number { get; }

    /// <summary>The name it will have.</summary>
    public string Name => Path.GetFileName(_final);

    /// <summary>Bytes written.</summary>
    public long Length { get; private set; }

    /// <summary>It has its final name, and survives a power failure.</summary>
    public bool IsDurable { get; private set; }

    /// <summary>The part, locked.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Adds all that the client sends, until it finishes. Blocks the calling thread as the disk
    /// does.</summary>
    /// <exception cref="UploadRefusedException">A limit is met.</exception>
    /// <exception cref="ConnectionClosedException">The client reset, or was silent for too long.</exception>
    /// <exception cref="IOException">The disk is full, or worse.</exception>
    public async Task ReceiveAsync(Connection connection)
    {
        Action<int> claim = Claim;
        try
        {
            int received;
            while ((received = await connection.ReceivePieceToFileAsync(Handle, Length, claim)) > 0)
            {
                Length += received;
                _space?.Extend(Length);
                _hash?.Advance(Length);
                FlushNowAndThen();
            }
        }
        catch (ArgumentOutOfRangeException e)
        {
            // What .NET makes of EFBIG.
            throw new UploadRefusedException("the file is too large for the server's disk", e);
        }
    }

    /// <summary>The SHA-256 of what was written, lower-case hex; empty when nobody asks for it.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public async Task<string> FinishHashAsync() => _hash is null ? "" : await _hash.FinishAsync();

    /// <summary>Gives it its final name; with <see cref="UploadSettings.Sync"/>, once it would survive a power
    /// failure.</summary>
    /// <exception cref="IOException">It could not be made durable, or the name is taken by a stranger's
    /// file.</exception>
    public void Publish()
    {
        _space?.Release(Length);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Handle, _settings.Mode);
        if (_settings.Sync)
            RandomAccess.FlushToDisk(Handle);
        PosixFile.Publish(Handle, _part, _final);
        _published = true;
        // The lock has kept the part; the file is anybody's to read.
        Handle.Dispose();
        _share.Settle(Length);
    }

    /// <summary>Makes the name durable, after <see cref="Publish"/>.</summary>
    /// <exception cref="IOException">The disk failed. The file stands.</exception>
    public void FlushName()
    {
        PosixFile.FlushFolder(Path.GetDirectoryName(_final)!);
        IsDurable = true;
    }

    /// <summary>Discards what came; the file then holds exactly <c>ERROR</c>.</summary>
    /// <exception cref="IOException">Not even that could be written; the number stays without a file.</exception>
    public async Task PublishErrorAsync()
    {
        // A hash that still reads would keep the lock on a file that is anybody's to read.
        if (_hash is not null)
            await _hash.AbandonAsync();
        // Written before the rest is cut: on a full disk there is no other block to write it to.
        RandomAccess.Write(Handle, ErrorMark, 0);
        RandomAccess.SetLength(Handle, ErrorMark.Length);
        Length = ErrorMark.Length;
        Publish();
    }

    /// <summary>Closes the file. An unpublished one is gone.</summary>
    public void Dispose()
    {
        try
        {
            _hash?.Dispose();
            // Under the lock, and only while it is ours: else the name may be another server's.
            if (!_published && PosixFile.IsNamed(Handle, _part))
                File.Delete(_part);
        }
        finally
        {
            Handle.Dispose();
            _share.Dispose();
        }
    }

    private void Claim(int bytes)
    {
        if (bytes > _settings.MaxBytes - Length)
            throw new UploadRefusedException($"an upload has at most {_settings.MaxBytes} bytes");
        _folder.CheckFree(bytes);
        _share.GrowTo(Length + bytes);
    }

    private void FlushNowAndThen()
    {
        if (!_settings.Sync || Length - _flushed < FlushEveryBytes)
            return;
        RandomAccess.FlushToDisk(Handle);
        _flushed = Length;
    }
}
