using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>An upload in progress. Its final name does not exist until it is published.</summary>
internal sealed class UploadFile : IDisposable
{
    /// <summary>The length of the file of a failed upload.</summary>
    public const int ErrorBytes = 5;

    // With Sync: keeps the flush at the end short, because the client waits for it.
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

    /// <summary>Takes ownership of an open part and its share of the folder.</summary>
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
        // Reserved space would count as used against --min-free.
        _space = settings.MinFreeBytes == 0 ? new ReservedSpace(Handle, part) : null;
        _hash = settings.Hash != UploadHash.None && (settings.Receipt || settings.Manifest)
            ? new FollowingHash(settings.Hash, Handle, 0)
            : null;
    }

    /// <summary>Its number in the folder.</summary>
    public long Number { get; }

    /// <summary>Its final name.</summary>
    public string Name => Path.GetFileName(_final);

    /// <summary>Bytes written.</summary>
    public long Length { get; private set; }

    /// <summary>It has its final name.</summary>
    public bool IsPublished { get; private set; }

    /// <summary>It has its final name and survives a power failure.</summary>
    public bool IsDurable { get; private set; }

    /// <summary>The part, locked.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Receives until the client half-closes. Writing to the disk blocks the calling thread.</summary>
    /// <exception cref="UploadRefusedException">A limit is reached, or the server stops before the first
    /// byte.</exception>
    /// <exception cref="ConnectionClosedException">The client reset the connection or timed out.</exception>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public async Task ReceiveAsync(Connection connection)
    {
        if (await connection.WaitForInputAsync() == InputState.Stopping)
            throw new UploadRefusedException("the server is stopping");
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
            // .NET's form of EFBIG.
            throw new UploadRefusedException("the file is too large for the server's disk", e);
        }
    }

    /// <summary>The hash of the file; null if none is wanted.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public async Task<UploadDigest?> FinishHashAsync() => _hash is null ? null : await _hash.FinishAsync();

    /// <summary>Gives the file its final name; with <see cref="UploadSettings.Sync"/>, makes its content durable
    /// first.</summary>
    /// <exception cref="IOException">The disk failed, or another program has taken the name.</exception>
    public void Publish()
    {
        _space?.Release(Length);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Handle, _settings.Mode);
        if (_settings.Sync)
            RandomAccess.FlushToDisk(Handle);
        PosixFile.Publish(Handle, _part, _final);
        IsPublished = true;
        // Closing the file releases the lock on the part.
        Handle.Dispose();
        _share.Settle(Length);
    }

    /// <summary>Makes the name durable, after <see cref="Publish"/>.</summary>
    /// <exception cref="IOException">The disk failed. The file is stored.</exception>
    public void FlushName()
    {
        PosixFile.FlushFolder(Path.GetDirectoryName(_final)!);
        IsDurable = true;
    }

    /// <summary>Replaces the content by <c>ERROR</c> and publishes the file.</summary>
    /// <exception cref="IOException">The disk failed; the number has no file.</exception>
    public async Task PublishErrorAsync()
    {
        // A hash that still reads would keep the lock on the published file.
        if (_hash is not null)
            await _hash.AbandonAsync();
        // Write before truncating: a full disk may have no other block.
        RandomAccess.Write(Handle, ErrorMark, 0);
        RandomAccess.SetLength(Handle, ErrorMark.Length);
        Length = ErrorMark.Length;
        Publish();
    }

    /// <summary>Closes the file; deletes it if it was not published.</summary>
    public void Dispose()
    {
        try
        {
            _hash?.Dispose();
            // The name may belong to another server by now.
            if (!IsPublished && PosixFile.IsNamed(Handle, _part))
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
