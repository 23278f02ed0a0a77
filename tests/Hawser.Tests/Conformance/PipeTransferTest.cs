using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Hawser.Services;
using Hawser.Tests.Support;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Receiving into pipes of the system and sending from them.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class PipeTransferTest : IDisposable
{
    private const int Bytes = 12_000_000;
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;
    private const int O_NONBLOCK = 0x800;

    private readonly byte[] _content = RandomNumberGenerator.GetBytes(Bytes);
    private readonly AnonymousPipeServerStream _input = new(PipeDirection.Out);
    private readonly AnonymousPipeClientStream _output;
    private readonly SafeFileHandle _inputHandle;
    private readonly SafeFileHandle _outputHandle;

    public PipeTransferTest()
    {
        _output = new AnonymousPipeClientStream(PipeDirection.In, _input.ClientSafePipeHandle);
        _inputHandle = HandleOf(_input);
        _outputHandle = HandleOf(_output);
    }

    public void Dispose()
    {
        // First, so that a blocked write ends.
        _output.Dispose();
        _input.Dispose();
    }

    [Theory, Models]
    public async Task A_stream_reaches_a_slow_reader_of_a_pipe_whole(string model)
    {
        await using TestServer server = TestServer.Start(model, connection => ReceiveAsync(connection));
        using RawClient client = await server.ConnectAsync();
        Task<byte[]> reading = ReadAsync(pieceBytes: 10_000);

        await client.SendAsync(_content);
        client.FinishSending();

        Assert.Empty(await client.ReceiveToEndAsync());
        byte[] received = await reading;
        Assert.True(_content.AsSpan().SequenceEqual(received));
    }

    [Theory, Models]
    public async Task A_pipe_that_another_process_has_made_non_blocking_gets_every_byte(string model)
    {
        await using TestServer server = TestServer.Start(model, connection => ReceiveAsync(connection, afterBytes: Bytes / 2));
        using RawClient client = await server.ConnectAsync();
        Task<byte[]> reading = ReadAsync(pieceBytes: 100_000);

        await client.SendAsync(_content.AsMemory(0, Bytes / 2));
        await client.ReceiveExactlyAsync(1);
        MakeNonBlocking(_inputHandle);
        await client.SendAsync(_content.AsMemory(Bytes / 2));
        client.FinishSending();

        Assert.Empty(await client.ReceiveToEndAsync());
        byte[] received = await reading;
        Assert.True(_content.AsSpan().SequenceEqual(received));
    }

    [Theory, Models]
    public async Task A_pipe_without_a_reader_is_an_error_of_the_output(string model)
    {
        Exception? error = null;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            while (connection.BytesReceived < Bytes / 2)
                await connection.ReadAsync();
            // After some megabytes the kernel moves the rest by itself, where calls block.
            error = await Record.ExceptionAsync(async () => await connection.ReceivePieceToPipeAsync(
                _inputHandle, WriteAll, _ => _output.Dispose()));
            while (!(await connection.ReadAsync()).IsEmpty)
            {
            }
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync(_content);
        client.FinishSending();

        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.IsType<IOException>(error);
        Assert.Equal("Broken pipe", error.Message);
    }

    [Theory, Models]
    public async Task A_pipe_reaches_a_slow_peer_whole_between_other_bytes(string model)
    {
        long sent = 0;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.WriteAsync("head"u8.ToArray());
            while (await connection.SendPieceOfPipeAsync(_outputHandle) is > 0 and var piece)
                sent += piece;
            await connection.WriteAsync("tail"u8.ToArray());
        });
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);
        Task writing = Task.Run(() =>
        {
            _input.Write(_content);
            _input.Dispose();
        });

        byte[] received = await client.ReceiveToEndAsync();

        Assert.Empty(server.Observer.Faults);
        await writing.Bounded();
        Assert.Equal(Bytes, sent);
        Assert.Equal("head"u8, received.AsSpan(0, 4));
        Assert.Equal("tail"u8, received.AsSpan(Bytes + 4));
        Assert.True(_content.AsSpan().SequenceEqual(received.AsSpan(4, Bytes)));
    }

    [Theory, Models]
    public async Task A_reset_while_a_pipe_is_sent_ends_the_send(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            while (await connection.SendPieceOfPipeAsync(_outputHandle) > 0)
            {
            }
        });
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);
        Task writing = Task.Run(() => _input.Write(_content));

        await client.ReceiveExactlyAsync(100_000);
        client.Reset();

        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
        _output.Dispose();
        await Record.ExceptionAsync(() => writing.Bounded());
    }

    [Fact]
    public async Task An_empty_pipe_that_does_not_block_is_waited_for()
    {
        MakeNonBlocking(_outputHandle);
        await using TestServer server = TestServer.Start("threads", async connection =>
        {
            await connection.WriteAsync("ready"u8.ToArray());
            while (await connection.SendPieceOfPipeAsync(_outputHandle) > 0)
            {
            }
        });
        using RawClient client = await server.ConnectAsync();
        await client.ReceiveExactlyAsync(5);

        _input.Write("late"u8);
        Assert.Equal("late"u8.ToArray(), await client.ReceiveExactlyAsync(4));
        _input.Dispose();
        Assert.Empty(await client.ReceiveToEndAsync());
    }

    /// <summary>Receives to the end, and sends a byte after so many.</summary>
    private async Task ReceiveAsync(Connection connection, long afterBytes = long.MaxValue)
    {
        long written = 0;
        while (true)
        {
            int expected = 0;
            int piece = await connection.ReceivePieceToPipeAsync(_inputHandle, WriteAll, count => expected = count);
            Assert.Equal(expected, piece);
            if (piece == 0)
                break;
            written += piece;
            if (written == afterBytes)
                await connection.WriteAsync(new byte[1]);
        }
        _input.Dispose();
    }

    private void WriteAll(ReadOnlyMemory<byte> piece)
    {
        var stream = new DescriptorStream((int)_inputHandle.DangerousGetHandle());
        stream.Write(piece.Span);
    }

    private Task<byte[]> ReadAsync(int pieceBytes) => Task.Run(() =>
    {
        var all = new MemoryStream();
        byte[] piece = new byte[pieceBytes];
        int read;
        while ((read = _output.Read(piece)) > 0)
            all.Write(piece, 0, read);
        return all.ToArray();
    }).Bounded();

    private static SafeFileHandle HandleOf(PipeStream pipe) => new(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);

    private static void MakeNonBlocking(SafeFileHandle handle)
    {
        int descriptor = (int)handle.DangerousGetHandle();
        Assert.Equal(0, fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL, 0) | O_NONBLOCK));
    }

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, int argument);
}
