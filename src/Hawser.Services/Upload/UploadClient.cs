using System.Buffers;
using System.Net;
using System.Security.Cryptography;

namespace Hawser.Services.Upload;

/// <summary>Sends one file, as the bytes it has and nothing else, and checks the receipt.</summary>
/// <remarks>Whatever ends the client before the end of the file, a kill included, resets the connection, so that no
/// server takes a part for the whole.</remarks>
public static class UploadClient
{
    private const int ChunkBytes = 256 * 1024;
    private const long SendFileBytes = 512 * 1024;

    /// <summary>Sends what a file holds, from its position.</summary>
    /// <param name="server">Where the server is.</param>
    /// <param name="source">A file, or anything that can be read.</param>
    /// <param name="options">How long to wait for what.</param>
    /// <param name="progress">Told how many bytes are sent, every so often.</param>
    /// <exception cref="ConnectException">Nobody answers there.</exception>
    /// <exception cref="ConnectionClosedException">The server reset the connection, or took nothing for the idle
    /// timeout.</exception>
    /// <exception cref="ProtocolException">The server answers with something that is no receipt.</exception>
    /// <exception cref="IOException">The source cannot be read, or became shorter meanwhile.</exception>
    public static async Task<UploadOutcome> SendAsync(
        EndPoint server, Stream source, UploadClientOptions options, Action<long>? progress = null)
    {
        await using Connection connection = Dialer.Connect(server, options.ConnectTimeout);
        connection.ResetUnlessFinished();
        using var watchdog = new ProgressWatchdog(connection, options.IdleTimeout, options.TimeProvider);
        // The answer is read beside the sending: a server that refuses half-way says so at once, and may reset then.
        Task<UploadReceipt?> answer = OwnThread.RunAsync(() => ReadReceiptAsync(connection));
        string? sha256;
        try
        {
            // A file without a length is one of the system's (proc(5)), and is read to its end like a pipe.
            sha256 = source is FileStream { CanSeek: true, Length: > 0 } file
                ? await SendFileAsync(connection, file, answer, options.Hash, progress)
                : await SendStreamAsync(connection, source, answer, watchdog, options.Hash, progress);
        }
        catch (ConnectionClosedException)
        {
            // Perhaps the server has said why, before it closed.
            if (await answer is not { Refusal: not null })
                throw;
            sha256 = null;
        }
        return new UploadOutcome(connection.BytesSent, sha256, await answer);
    }

    /// <summary>The kernel sends; another thread hashes what has been sent, from the page cache.</summary>
    /// <returns>The hash; null when the server has ended it before, or nobody asked.</returns>
    private static async Task<string?> SendFileAsync(
        Connection connection, FileStream file, Task<UploadReceipt?> answer, bool hashes, Action<long>? progress)
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
        await connection.FinishWritingAsync();
        return hash is null ? null : await hash.FinishAsync();
    }

    /// <returns>The hash; null when the server has ended it before, or nobody asked.</returns>
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
        await connection.FinishWritingAsync();
        return hash is null ? null : Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The server has refused, or is gone. That it has finished its side, or has stored something, does not
    /// end ours.</summary>
    private static bool IsOver(Task<UploadReceipt?> answer) =>
        answer.IsFaulted || answer is { IsCompletedSuccessfully: true, Result.Refusal: not null };

    /// <returns>Null when the server closed without one.</returns>
    private static async Task<UploadReceipt?> ReadReceiptAsync(Connection connection)
    {
        return await connection.TryReadLineAsync(UploadReceipt.LineLimit) is { } line
            ? UploadReceipt.Parse(line.Span)
            : null;
    }
}
