namespace Hawser.Services.Upload;

/// <summary>Counts the files and bytes of an upload folder, stored and in progress, and enforces their limits. A
/// refusal does not read the folder.</summary>
/// <remarks>A recount happens only when an upload begins after a refusal, rarely, and on a pool thread. Freed room is
/// thus noticed, and a stream of clients cannot keep the disk busy.</remarks>
/// <param name="settings">The limits.</param>
/// <param name="count">Counts the stored files.</param>
internal sealed class FolderUsage(UploadSettings settings, Func<UsageCount> count)
{
    // Recounts take less than a tenth of one core.
    private const int PauseFactor = 10;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private UsageCount _stored = count();
    private UsageCount _storedMeanwhile;
    private UsageCount _reserved;
    private bool _hasRefused;
    private Task _recount = Task.CompletedTask;
    private long? _recounted;
    private TimeSpan _pause;

    /// <summary>Recounts if an upload was refused since the last count and the pause is over. Waits for a recount in
    /// progress.</summary>
    public Task RecountIfDueAsync(TimeProvider time)
    {
        lock (_gate)
        {
            bool isDue = _hasRefused && (_recounted is not { } last || time.GetElapsedTime(last) >= _pause);
            if (isDue && _recount.IsCompleted)
            {
                _hasRefused = false;
                _storedMeanwhile = default;
                _recount = Task.Run(() => Recount(time));
            }
            return _recount;
        }
    }

    /// <summary>Reserves a file, and room for <c>ERROR</c> in it.</summary>
    /// <exception cref="UploadRefusedException">A limit is met.</exception>
    public UsageShare Reserve()
    {
        Reserve(UsageShare.Smallest);
        return new UsageShare(this);
    }

    /// <summary>Reserves more.</summary>
    /// <exception cref="UploadRefusedException">A limit is met; nothing more is reserved.</exception>
    public void Reserve(UsageCount more)
    {
        lock (_gate)
        {
            UsageCount all = _stored + _reserved + more;
            // An upload that has its file only grows.
            bool isFull = more.Files > 0 && all.Files > settings.MaxFiles;
            _hasRefused |= isFull || all.Bytes > settings.QuotaBytes;
            if (isFull)
                throw new UploadRefusedException($"the folder has at most {settings.MaxFiles} files");
            if (all.Bytes > settings.QuotaBytes)
                throw new UploadRefusedException($"the folder's quota of {settings.QuotaBytes} bytes is used up");
            _reserved += more;
        }
    }

    /// <summary>Call at the end of an upload: frees what it reserved and counts what it stored.</summary>
    public void Settle(UsageCount reserved, UsageCount stored)
    {
        lock (_gate)
        {
            _reserved -= reserved;
            _stored += stored;
            _storedMeanwhile += stored;
        }
    }

    private void Recount(TimeProvider time)
    {
        long begin = time.GetTimestamp();
        UsageCount? counted = null;
        try
        {
            counted = count();
        }
        catch (Exception)
        {
            // The old count holds, even if memory is short; a write to the folder reports the fault.
        }
        lock (_gate)
        {
            // Files stored meanwhile may be in the new count as well. The running count is then as good, unless the
            // folder has shrunk, and the next recount may be exact.
            if (counted is { } found)
                _stored = _storedMeanwhile == default ? found : UsageCount.Min(_stored, found + _storedMeanwhile);
            _hasRefused |= _storedMeanwhile != default;
            TimeSpan pause = PauseFactor * time.GetElapsedTime(begin);
            _pause = pause > ShortestPause ? pause : ShortestPause;
            _recounted = time.GetTimestamp();
        }
    }
}
