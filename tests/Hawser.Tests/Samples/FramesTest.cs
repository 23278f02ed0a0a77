using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Samples;

/// <summary>Requests and responses with a length prefix: the program's server, and its client.</summary>
public sealed class FramesTest
{
    private const string Any = "127.0.0.1:0";

    [Theory, Models]
    public async Task Pipelined_requests_are_answered_in_order_with_their_numbers(string model)
    {
        await using ProgramProcess frames = await SampleProgram.StartAsync("frames.cs", model, Any);
        using RawClient client = await RawClient.ConnectAsync(await frames.ListeningAsync());
        byte[][] bodies = [[], "one"u8.ToArray(), RandomNumberGenerator.GetBytes(64 * 1024)];

        await client.SendAsync(bodies.SelectMany((body, n) => Frame(int.MaxValue - n, body)).ToArray());
        client.FinishSending();

        byte[] expected = [.. bodies.SelectMany((body, n) => Frame(int.MaxValue - n, SHA256.HashData(body)))];
        Assert.Equal(expected, await client.ReceiveToEndAsync());
    }

    [Fact]
    public async Task A_request_may_arrive_a_byte_at_a_time()
    {
        await using ProgramProcess frames = await SampleProgram.StartAsync("frames.cs", "epoll", Any);
        using RawClient client = await RawClient.ConnectAsync(await frames.ListeningAsync());

        foreach (byte next in Frame(7, "slow"u8))
            await client.SendAsync(new byte[] { next });

        byte[] expected = Frame(7, SHA256.HashData("slow"u8));
        Assert.Equal(expected, await client.ReceiveExactlyAsync(expected.Length));
    }

    /// <summary>The announced bytes never come: the length alone ends the connection.</summary>
    [Theory]
    [InlineData(64 * 1024 + 1)]
    [InlineData(int.MinValue)]
    public async Task A_length_beyond_the_limit_ends_the_connection_after_earlier_responses(int length)
    {
        await using ProgramProcess frames = await SampleProgram.StartAsync("frames.cs", "epoll", Any);
        using RawClient client = await RawClient.ConnectAsync(await frames.ListeningAsync());
        byte[] head = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(head, length);

        await client.SendAsync((byte[])[.. Frame(1, []), .. head]);

        Assert.Equal(Frame(1, SHA256.HashData([])), await client.ReceiveToEndAsync());
    }

    [Fact]
    public async Task Its_client_prints_the_responses()
    {
        await using ProgramProcess frames = await SampleProgram.StartAsync("frames.cs", "epoll", Any);
        IPEndPoint where = await frames.ListeningAsync();
        await using ProgramProcess client =
            await SampleProgram.StartAsync("frames.cs", "ask", $"{where}", "one", "two words");

        ProgramResult result = await client.EndAsync();

        Assert.Equal(0, result.ExitCode);
        Assert.Equal($"{Digest("one")}  one\n{Digest("two words")}  two words\n", result.Text);

        static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static byte[] Frame(int number, ReadOnlySpan<byte> body)
    {
        byte[] frame = new byte[8 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), number);
        body.CopyTo(frame.AsSpan(8));
        return frame;
    }
}
