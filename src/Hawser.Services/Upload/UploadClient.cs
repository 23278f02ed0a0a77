using System.Buffers;
using System.Net;

namespace Hawser.Services.Upload;

/// <summary>Sends the bytes of one file and reads the receipt.</summary>
/// <remarks>A client that fails or is killed before the end of the file resets its connection (SO_LINGER of zero), so that
/// no server takes a part for the whole. A Unix domain socket has no reset.</remarks>
public static class UploadClient
{
    private const int ChunkBytes = 256 * 1024;
    private const long SendFileBytes = 512 * 1024;

    /// <summary>Sends a source from its position to its end and waits for the receipt.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="source">A file or any other readable stream.</param>
    /// <param name="options">The timeouts.</param>
    /// <param name="progress">Called with the bytes sent so far, after each chunk.</param>
    /// <exception cref="ConnectException">The server cannot be reached.</exception>
    /// <exception cref="ConnectionClosedException">The server reset the connection, or accepted no byte for the idle
    /// timeout.</exception>
    /// <exception cref="ProtocolException">The answer is not a receipt.</exception>
    /// <exception cref="IOException">The source cannot be read, or was truncated meanwhile.</exception>
    public static async Task<UploadOutcome> SendAsync(
        EndPoint server, Stream source, UploadClientOptions options, Action<long>? progress = null)
    {
        await using Connection connection = Dialer.Connect(
            server, new DialOptions { Timeout = options.ConnectTimeout, Layers = options.Layers });
        connection.ResetUnlessFinished();
        using var watchdog = new ProgressWatchdog(connection, options.IdleTimeout, options.TimeProvider);
        // Read concurrently: a server may refuse in the middle of the upload, and reset the connection then.
        Task<UploadReceipt?> answer = OwnThread.RunAsync(() => ReadReceiptAsync(connection, watchdog.AnswerIsLate));
        UploadDigest[] digests;
        // Files of proc(5) have no length and are read like a pipe.
        FileStream? file = source is FileStream { CanSeek: true, Length: > 0 } seekable ? seekable : null;
        try
        {
            digests = file is not null
                ? await SendFileAsync(connection, file, answer, watchdog, options.Hash, progress)
                : await SendStreamAsync(connection, source, answer, watchdog, options.Hash, progress);
        }
        catch (ConnectionClosedException)
        {
            // The server may have sent the reason before the reset.
            if (await answer is not { Refusal: not null })
                throw;
            digests = [];
        }
        UploadReceipt? receipt = await answer;
        UploadDigest? digest = digests.FirstOrDefault(one => one.Function == receipt?.Digest?.Function)
            ?? Recompute(digests.FirstOrDefault(), receipt?.Digest?.Function, file, connection.BytesSent);
        return new UploadOutcome(connection.BytesSent, digest, receipt)
        {
            IsUnanswered = receipt is null && !connection.PeerHasFinished,
        };
    }

    /// <summary>Hashes a sent file once more, from the page cache, if the receipt has another function.</summary>
    private static UploadDigest? Recompute(UploadDigest? computed, UploadHash? function, FileStream? file, long count) =>
        computed is not null && function is not null && file is not null
            ? FollowingHash.Of(function.Value, file.SafeFileHandle, file.Position, count)
            : computed;

    /// <summary>Sends within the kernel, and hashes from the page cache on another thread.</summary>
    /// <returns>The hash; none if the server refused the upload or no hash was asked for.</returns>
    private static async Task<UploadDigest[]> SendFileAsync(
        Connection connection, FileStream file, Task<UploadReceipt?> answer, ProgressWatchdog watchdog,
        UploadHash function, Action<long>? progress)
    {
        long begin = file.Position;
        long end = file.Length;
        using FollowingHash? hash =
            function == UploadHash.None ? null : new FollowingHash(function, file.SafeFileHandle, begin);
        for (long offset = begin; offset < end;)
        {
            if (IsOver(answer))
                return [];
            long count = Math.Min(SendFileBytes, end - offset);
            await connection.SendFileAsync(file.SafeFileHandle, offset, count);
            offset += count;
            hash?.Advance(offset);
            progress?.Invoke(offset - begin);
        }
        // Not after the hash, which may lag.
        watchdog.AwaitAnswer();
        await connection.FinishWritingAsync();
        return hash is null ? [] : [await hash.FinishAsync()];
    }

    /// <returns>The hashes that a receipt may have, as far as they can be computed in passing; none if the server
    /// refused the upload or no hash was asked for.</returns>
    private static async Task<UploadDigest[]> SendStreamAsync(
        Connection connection, Stream source, Task<UploadReceipt?> answer, ProgressWatchdog watchdog,
        UploadHash function, Action<long>? progress)
    {
        using UploadHasher? hash = function == UploadHash.None ? null : new UploadHasher(function);
        // A stream cannot be read again, and this one costs next to nothing.
        using UploadHasher? fast = function == UploadHash.Sha256 ? new UploadHasher(UploadHash.Xxh128) : null;
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            while (true)
            {
                watchdog.IsOurTurn = true;
                int read = await source.ReadAsync(chunk);
                watchdog.IsOurTurn = false;
                if (IsOver(answer))
                    return [];
                if (read == 0)
                    break;
                await connection.WriteAsync(chunk.AsMemory(0, read));
                hash?.Append(chunk.AsSpan(0, read));
                fast?.Append(chunk.AsSpan(0, read));
                progress?.Invoke(connection.BytesSent);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
        watchdog.AwaitAnswer();
        await connection.FinishWritingAsync();
        return hash is null ? [] : fast is null ? [hash.Finish()] : [hash.Finish(), fast.Finish()];
    }

    /// <summary>The server has refused the upload or reset the connection. A half-close or an early receipt does not end
    /// the sending.</summary>
    private static bool IsOver(Task<UploadReceipt?> answer) =>
        answer.IsFaulted || answer is { IsCompletedSuccessfully: true, Result.Refusal: not null };

    /// <returns>Null if the server closed without a receipt, or sent none in time.</returns>
    private static async Task<UploadReceipt?> ReadReceiptAsync(Connection connection, CancellationToken late)
    {
        ReadOnlyMemory<byte>? line;
        try
        {
            line = await connection.TryReadLineAsync(UploadReceipt.LineLimit, late);
        }
        catch (ProtocolException e)
        {
            throw new ProtocolException($"{e.Message}; is it an upload server?");
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        return line is null ? null : UploadReceipt.Parse(line.Value.Span);
    }
}
