using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>Computes the hash of a file that is being written or sent. Follows on a pool thread, from the page cache,
/// and occupies no thread while there is too little to hash.</summary>
/// <param name="function">Not <see cref="UploadHash.None"/>.</param>
/// <param name="file">Open for reading until this is disposed.</param>
/// <param name="offset">The offset at which to begin.</param>
internal sealed class FollowingHash(UploadHash function, SafeFileHandle file, long offset) : IDisposable
{
    // On the stack, and small enough to stay in the CPU's cache between reading and hashing.
    private const int ChunkBytes = 32 * 1024;
    private const int StepBytes = 1024 * 1024;

    private readonly UploadHasher _hash = new(function);
    private long _hashed = offset;
    private long _end = offset;
    private Task _step = Task.CompletedTask;

    /// <summary>The hash of a part of a file; of less if the file ends before.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static UploadDigest Of(
        UploadHash function, SafeFileHandle file, long offset = 0, long count = long.MaxValue)
    {
        using var hash = new FollowingHash(function, file, offset);
        hash._end = count == long.MaxValue ? count : offset + count;
        hash.CatchUp();
        return hash._hash.Finish();
    }

    /// <summary>Allows hashing up to this offset.</summary>
    public void Advance(long end)
    {
        Volatile.Write(ref _end, end);
        if (_step.IsCompletedSuccessfully && end - _hashed >= StepBytes)
            _step = Task.Run(CatchUp);
    }

    /// <summary>Hashes the rest.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task<UploadDigest> FinishAsync()
    {
        await _step;
        CatchUp();
        return _hash.Finish();
    }

    /// <summary>Abandons the rest. Completes when the file is no longer read.</summary>
    public async Task AbandonAsync()
    {
        Volatile.Write(ref _end, 0);
        await _step.ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    /// <summary>Abandons the rest.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _end, 0);
        _step.ContinueWith(
            static (step, hash) =>
            {
                // The file was closed meanwhile: the hash is no longer needed.
                _ = step.Exception;
                ((UploadHasher)hash!).Dispose();
            },
            _hash, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void CatchUp()
    {
        Span<byte> chunk = stackalloc byte[ChunkBytes];
        while (Volatile.Read(ref _end) - _hashed is > 0 and var left)
        {
            int read = RandomAccess.Read(file, chunk[..(int)Math.Min(ChunkBytes, left)], _hashed);
            if (read == 0)
                return;
            _hash.Append(chunk[..read]);
            _hashed += read;
        }
    }
}
