using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>An upload in progress. Its final name does not exist until it is published.</summary>
internal sealed class UploadFile : IPendingUpload
{
    /// <summary>The length of the file of a failed upload.</summary>
    public const int ErrorBytes = 5;

    // With Sync: keeps the flush at the end short, because the client waits for it.
    private const long FlushEveryBytes = 64 * 1024 * 1024;

    private static ReadOnlySpan<byte> ErrorMark => "ERROR"u8;

    private readonly long _number;
    private readonly string _peer;
    private readonly DateTimeOffset _start = DateTimeOffset.UtcNow;
    private readonly SafeFileHandle _handle;
    private readonly string _part;
    private readonly string _final;
    private readonly UploadSettings _settings;
    private readonly UploadFolder _folder;
    private readonly UsageShare _share;
    private readonly FollowingHash? _hash;
    private readonly ReservedSpace? _space;
    private long _length;
    private long _flushed;
    private bool _isPublished;

    /// <summary>Takes ownership of an open part and its share of the folder.</summary>
    public UploadFile(
        long number, string peer, SafeFileHandle handle, string part, string final, UploadSettings settings,
        UploadFolder folder, UsageShare share)
    {
        _number = number;
        _peer = peer;
        _handle = handle;
        _part = part;
        _final = final;
        _settings = settings;
        _folder = folder;
        _share = share;
        // Reserved space would count as used against --min-free.
        _space = settings.MinFreeBytes == 0 ? new ReservedSpace(_handle, part) : null;
        _hash = settings.ComputesHash ? new FollowingHash(settings.Hash, _handle, 0) : null;
    }

    public string Name => Path.GetFileName(_final);

    /// <summary>Receives until the client half-closes. Writing to the disk blocks the calling thread.</summary>
    public async Task ReceiveAsync(Connection connection)
    {
        Action<int> claim = Claim;
        try
        {
            int received;
            while ((received = await connection.ReceivePieceToFileAsync(_handle, _length, claim)) > 0)
            {
                _length += received;
                _space?.Extend(_length);
                _hash?.Advance(_length);
                FlushNowAndThen();
            }
        }
        catch (ArgumentOutOfRangeException e)
        {
            // .NET's form of EFBIG.
            throw new UploadRefusedException("the file is too large for the server's disk", e);
        }
    }

    /// <summary>Gives the file its final name; with <see cref="UploadSettings.Sync"/>, makes content and name
    /// durable.</summary>
    public async Task<UploadReceipt> PublishAsync()
    {
        UploadDigest? digest = _hash is null ? null : await _hash.FinishAsync();
        Publish();
        UploadReceipt receipt = UploadReceipt.Stored(Name, _length, digest, _settings.Sync && TryFlushName());
        Record(receipt);
        return receipt;
    }

    /// <summary>Replaces the content by <c>ERROR</c> and publishes the file.</summary>
    public async Task FailAsync(string reason)
    {
        try
        {
            // A hash that still reads would keep the lock on the published file.
            if (_hash is not null)
                await _hash.AbandonAsync();
            // Write before truncating: a full disk may have no other block.
            RandomAccess.Write(_handle, ErrorMark, 0);
            RandomAccess.SetLength(_handle, ErrorMark.Length);
            _length = ErrorMark.Length;
            Publish();
            Record(UploadReceipt.Refused(reason));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _folder.Report($"{Name} cannot be written, so upload {_number} has no file: {e.Message}");
        }
    }

    /// <summary>Closes the file; deletes it if it was not published.</summary>
    public ValueTask DisposeAsync()
    {
        try
        {
            _hash?.Dispose();
            // The name may belong to another server by now.
            if (!_isPublished && PosixFile.IsNamed(_handle, _part))
                File.Delete(_part);
        }
        finally
        {
            _handle.Dispose();
            _share.Dispose();
        }
        return ValueTask.CompletedTask;
    }

    private void Publish()
    {
        _space?.Release(_length);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_handle, _settings.Mode);
        if (_settings.Sync)
            RandomAccess.FlushToDisk(_handle);
        PosixFile.Publish(_handle, _part, _final);
        _isPublished = true;
        // Closing the file releases the lock on the part.
        _handle.Dispose();
        _share.Settle(_length);
    }

    /// <returns>Whether the name survives a power failure.</returns>
    private bool TryFlushName()
    {
        try
        {
            PosixFile.FlushFolder(Path.GetDirectoryName(_final)!);
            return true;
        }
        catch (IOException e)
        {
            // The file is stored, so the upload is not refused; its receipt does not say "synced".
            _folder.Report($"{Name} may not survive a power failure: {e.Message}; check the disk");
            return false;
        }
    }

    private void Record(UploadReceipt receipt) => _folder.Record(new UploadRecord(
        _number, _peer, _start, DateTimeOffset.UtcNow, receipt.Bytes, receipt.Digest, receipt.Refusal));

    private void Claim(int bytes)
    {
        if (bytes > _settings.MaxBytes - _length)
            throw new UploadRefusedException($"an upload has at most {_settings.MaxBytes} bytes");
        _folder.CheckFree(bytes);
        _share.GrowTo(_length + bytes);
    }

    private void FlushNowAndThen()
    {
        if (!_settings.Sync || _length - _flushed < FlushEveryBytes)
            return;
        RandomAccess.FlushToDisk(_handle);
        _flushed = _length;
    }
}
