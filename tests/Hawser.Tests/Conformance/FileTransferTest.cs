using System.Security.Cryptography;
using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Sending from files and receiving into them.</summary>
public sealed class FileTransferTest : IDisposable
{
    private const int Bytes = 12_000_000;

    private readonly string _path = Path.GetTempFileName();
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(Bytes);

    public void Dispose() => File.Delete(_path);

    [Theory, Models]
    public async Task A_file_larger_than_the_socket_buffers_reaches_a_slow_reader_whole(string model)
    {
        await File.WriteAllBytesAsync(_path, _content);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            using SafeFileHandle file = File.OpenHandle(_path);
            await connection.WriteAsync("head"u8.ToArray());
            await connection.SendFileAsync(file, 1_000, Bytes - 1_000);
            await connection.WriteAsync("tail"u8.ToArray());
        });
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);

        Assert.Equal("head"u8.ToArray(), await client.ReceiveExactlyAsync(4));
        for (int offset = 1_000; offset < Bytes; offset += 50_000)
        {
            byte[] piece = await client.ReceiveExactlyAsync(Math.Min(50_000, Bytes - offset));
            Assert.True(_content.AsSpan(offset, piece.Length).SequenceEqual(piece));
        }

        Assert.Equal("tail"u8.ToArray(), await client.ReceiveToEndAsync());
    }

    [Theory, Models]
    public async Task A_file_shorter_than_announced_is_sent_and_then_faults_the_handler(string model)
    {
        await File.WriteAllBytesAsync(_path, _content.AsMemory(0, 1_000));
        Exception? error = null;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            using SafeFileHandle file = File.OpenHandle(_path);
            error = await Record.ExceptionAsync(async () => await connection.SendFileAsync(file, 0, 2_000));
        });
        using RawClient client = await server.ConnectAsync();

        byte[] received = await client.ReceiveToEndAsync();

        Assert.Equal(_content[..1_000], received);
        Assert.IsType<EndOfStreamException>(error);
    }

    [Theory, Models]
    public async Task A_reset_in_the_middle_of_a_file_ends_the_send(string model)
    {
        await File.WriteAllBytesAsync(_path, _content);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            using SafeFileHandle file = File.OpenHandle(_path);
            await connection.SendFileAsync(file, 0, Bytes);
        });
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);

        await client.ReceiveExactlyAsync(100_000);
        client.Reset();

        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task A_received_file_begins_with_the_buffered_bytes(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.TryReadLineAsync(100);
            using SafeFileHandle file = File.OpenHandle(_path, FileMode.Create, FileAccess.Write);
            long written = 0;
            int received;
            while ((received = await connection.ReceivePieceToFileAsync(file, 5 + written, _ => { })) > 0)
                written += received;
            await connection.WriteAsync(BitConverter.GetBytes(written));
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("PUT\nbuffered");
        await client.SendAsync(_content);
        client.FinishSending();

        Assert.Equal(8L + Bytes, BitConverter.ToInt64(await client.ReceiveToEndAsync()));
        byte[] file = await File.ReadAllBytesAsync(_path);
        Assert.Equal([0, 0, 0, 0, 0, .. "buffered"u8], file[..13]);
        Assert.True(_content.AsSpan().SequenceEqual(file.AsSpan(13)));
    }

    /// <summary>splice(2) fails on a file opened for appending, and only when it is called.</summary>
    [Theory, Models]
    public async Task A_file_without_splice_support_receives_all_bytes(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            using SafeFileHandle file = PosixFile.OpenLog(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            long written = 0;
            int received;
            while ((received = await connection.ReceivePieceToFileAsync(file, written, _ => { })) > 0)
                written += received;
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync(_content);
        client.FinishSending();

        Assert.Empty(await client.ReceiveToEndAsync());
        byte[] file = await File.ReadAllBytesAsync(_path);
        Assert.True(_content.AsSpan().SequenceEqual(file));
    }
}
