using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>Sends one file, as the bytes it has and nothing else, and checks the receipt.</summary>
public static class UploadClient
{
    private const int ChunkBytes = 256 * 1024;
    private const long SendFileBytes = 4 * 1024 * 1024;

    /// <summary>Sends what a file holds.</summary>
    /// <param name="server">Where the server is.</param>
    /// <param name="source">A file, or anything that can be read.</param>
    /// <param name="options">How long to wait for what.</param>
    /// <param name="progress">Told how many bytes are sent, every so often.</param>
    /// <exception cref="ConnectException">Nobody answers there.</exception>
    /// <exception cref="ConnectionClosedException">The server reset the connection, or took nothing for the idle
    /// timeout.</exception>
    public static async Task<UploadOutcome> SendAsync(
        EndPoint server, Stream source, UploadClientOptions options, Action<long>? progress = null)
    {
        await using Connection connection = Dialer.Connect(server, options.ConnectTimeout);
        using var watchdog = new ProgressWatchdog(connection, options.IdleTimeout);
        // The answer is read beside the sending: a server that refuses half-way says so at once.
        Task<UploadReceipt?> answer = Task.Run(() => ReadReceiptAsync(connection));
        (long sent, Task<string> hash) = await TrySendAsync(connection, source, answer, progress);
        UploadReceipt? receipt = await answer;
        if (receipt?.Refusal is not null)
            return new UploadOutcome(sent, null, receipt);
        return new UploadOutcome(sent, await hash, receipt);
    }

    private static async Task<(long Sent, Task<string> Hash)> TrySendAsync(
        Connection connection, Stream source, Task<UploadReceipt?> answer, Action<long>? progress)
    {
        try
        {
            (long, Task<string>) sent = source is FileStream { CanSeek: true } file
                ? await SendFileAsync(connection, file, answer, progress)
                : await SendStreamAsync(connection, source, answer, progress);
            if (!answer.IsCompleted)
                connection.FinishWriting();
            return sent;
        }
        catch (ConnectionClosedException)
        {
            // Perhaps the server has said why, before it closed.
            if (await answer is { Refusal: not null })
                return (connection.BytesSent, Task.FromResult(""));
            throw;
        }
    }

    /// <summary>The kernel sends; another thread hashes what has been sent, from the page cache.</summary>
    private static async Task<(long, Task<string>)> SendFileAsync(
        Connection connection, FileStream file, Task<UploadReceipt?> answer, Action<long>? progress)
    {
        long begin = file.Position;
        long length = file.Length;
        Task<string> hash = Task.Run(() => HashFile(file.SafeFileHandle, begin, length));
        long offset = begin;
        while (offset < length && !answer.IsCompleted)
        {
            long count = Math.Min(SendFileBytes, length - offset);
            await connection.SendFileAsync(file.SafeFileHandle, offset, count);
            offset += count;
            progress?.Invoke(offset - begin);
        }
        return (offset - begin, hash);
    }

    private static async Task<(long, Task<string>)> SendStreamAsync(
        Connection connection, Stream source, Task<UploadReceipt?> answer, Action<long>? progress)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        long sent = 0;
        try
        {
            int read;
            while (!answer.IsCompleted && (read = await source.ReadAsync(chunk)) > 0)
            {
                await connection.WriteAsync(chunk.AsMemory(0, read));
                hash.AppendData(chunk, 0, read);
                sent += read;
                progress?.Invoke(sent);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
        return (sent, Task.FromResult(Convert.ToHexStringLower(hash.GetHashAndReset())));
    }

    private static string HashFile(SafeFileHandle file, long offset, long end)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            int read;
            while (offset < end
                && (read = RandomAccess.Read(file, chunk.AsSpan(0, (int)Math.Min(chunk.Length, end - offset)), offset)) > 0)
            {
                hash.AppendData(chunk, 0, read);
                offset += read;
            }
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    /// <returns>Null when the server closed without one.</returns>
    private static async Task<UploadReceipt?> ReadReceiptAsync(Connection connection)
    {
        return await connection.TryReadLineAsync(UploadReceipt.LineLimit) is { } line
            ? UploadReceipt.Parse(line.Span)
            : null;
    }
}
