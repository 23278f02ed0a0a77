using System.Buffers;
using System.Net;
using System.Security.Cryptography;

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
        string? sha256;
        try
        {
            // Files of proc(5) have no length and are read like a pipe.
            sha256 = source is FileStream { CanSeek: true, Length: > 0 } file
                ? await SendFileAsync(connection, file, answer, watchdog, options.Hash, progress)
                : await SendStreamAsync(connection, source, answer, watchdog, options.Hash, progress);
        }
        catch (ConnectionClosedException)
        {
            // The server may have sent the reason before the reset.
            if (await answer is not { Refusal: not null })
                throw;
            sha256 = null;
        }
        UploadReceipt? receipt = await answer;
        return new UploadOutcome(connection.BytesSent, sha256, receipt)
        {
            IsUnanswered = receipt is null && !connection.PeerHasFinished,
        };
    }

    /// <summary>Sends within the kernel, and hashes from the page cache on another thread.</summary>
    /// <returns>The hash; null if the server refused the upload or no hash was asked for.</returns>
    private static async Task<string?> SendFileAsync(
        Connection connection, FileStream file, Task<UploadReceipt?> answer, ProgressWatchdog watchdog,
        bool hashes, Action<long>? progress)
    {
        long begin = file.Position;
        long end = file.Length;
        using FollowingHash? hash = hashes ? new FollowingHash(file.SafeFileHandle, begin) : null;
        for (long offset = begin; offset < end;)
        {
            if (IsOver(answer))
                return null;
            long count = Math.Min(SendFileBytes, end - offset);
            await connection.SendFileAsync(file.SafeFileHandle, offset, count);
            offset += count;
            hash?.Advance(offset);
            progress?.Invoke(offset - begin);
        }
        // Not after the hash, which may lag.
        watchdog.AwaitAnswer();
        await connection.FinishWritingAsync();
        return hash is null ? null : await hash.FinishAsync();
    }

    /// <returns>The hash; null if the server refused the upload or no hash was asked for.</returns>
    private static async Task<string?> SendStreamAsync(
        Connection connection, Stream source, Task<UploadReceipt?> answer, ProgressWatchdog watchdog,
        bool hashes, Action<long>? progress)
    {
        using IncrementalHash? hash = hashes ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            while (true)
            {
                watchdog.IsOurTurn = true;
                int read = await source.ReadAsync(chunk);
                watchdog.IsOurTurn = false;
                if (IsOver(answer))
                    return null;
                if (read == 0)
                    break;
                await connection.WriteAsync(chunk.AsMemory(0, read));
                hash?.AppendData(chunk, 0, read);
                progress?.Invoke(connection.BytesSent);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
        watchdog.AwaitAnswer();
        await connection.FinishWritingAsync();
        return hash is null ? null : Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The server has refused the upload or reset the connection. A half-close or an early receipt does not end
    /// the sending.</summary>
    private static bool IsOver(Task<UploadReceipt?> answer) =>
        answer.IsFaulted || answer is { IsCompletedSuccessfully: true, Result.Refusal: not null };

    /// <returns>Null if the server closed without a receipt, or sent none in time.</returns>
    private static async Task<UploadReceipt?> ReadReceiptAsync(Connection connection, CancellationToken late)
    {
        try
        {
            return await connection.TryReadLineAsync(UploadReceipt.LineLimit, late) is { } line
                ? UploadReceipt.Parse(line.Span)
                : null;
        }
        catch (ProtocolException e)
        {
            throw new ProtocolException($"{e.Message}; is it an upload server?");
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
