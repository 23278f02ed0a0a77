using System.Security.Cryptography;
using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Bytes arrive unchanged under every model.</summary>
public sealed class ByteStreamTest
{
    [Theory, Models]
    public async Task Random_bytes_of_several_clients_are_echoed_whole(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => EchoesAsync(server, 1_000_000)));

        Assert.All(server.Observer.ClosedOnes, end => Assert.Equal(1_000_000, end.Connection.BytesReceived));
    }

    [Theory, Models]
    public async Task Input_may_arrive_a_byte_at_a_time(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            byte[] one = new byte[1];
            while (await connection.ReadAsync(one) == 1)
                await connection.WriteAsync(one);
        });
        using RawClient client = await server.ConnectAsync();
        byte[] sent = RandomNumberGenerator.GetBytes(300);

        foreach (byte next in sent)
        {
            await client.SendAsync(new[] { next });
            Assert.Equal(next, (await client.ReceiveExactlyAsync(1))[0]);
        }
        await client.SendAsync(sent);

        Assert.Equal(sent, await client.ReceiveExactlyAsync(sent.Length));
    }

    [Theory, Models]
    public async Task Pipelined_lines_are_answered_one_by_one_in_order(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoLinesAsync);
        using RawClient client = await server.ConnectAsync();
        string lines = string.Concat(Enumerable.Range(0, 2_000).Select(n => $"line {n}\n"));

        await client.SendAsync(lines);
        client.FinishSending();

        Assert.Equal(lines, Encoding.ASCII.GetString(await client.ReceiveToEndAsync()));
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task Buffered_lines_are_read_without_waiting(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.WaitForInputAsync("1\n2\n3".Length);
            var taken = new StringBuilder();
            while (connection.TryTakeLine(10, out ReadOnlyMemory<byte> line))
                taken.Append(Encoding.ASCII.GetString(line.Span)).Append('+');
            await connection.WriteAsync(Encoding.ASCII.GetBytes($"{taken}\n"));
            ReadOnlyMemory<byte>? last = await connection.TryReadLineAsync(10);
            await connection.WriteAsync(last!.Value);
            await connection.WaitForInputAsync(10);
            connection.TryTakeLine(10, out _);
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("1\n2\n3");
        Assert.Equal("1+2+", await client.ReceiveLineAsync());
        await client.SendAsync("45\n");
        Assert.Equal("345"u8.ToArray(), await client.ReceiveExactlyAsync(3));
        await client.SendAsync("1234567890");
        client.Dispose();

        Assert.Equal(CloseReason.ProtocolError, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task A_line_may_be_as_long_as_its_limit_and_no_longer(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            while (await connection.TryReadLineAsync(10) is { } line)
                await connection.WriteAsync(line.ToArray());
        });
        using RawClient fits = await server.ConnectAsync();
        await fits.SendAsync("123456789\n");
        Assert.Equal("123456789"u8.ToArray(), await fits.ReceiveExactlyAsync(9));
        fits.Dispose();
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());

        foreach (string tooLong in (string[])["1234567890\n", "1234567890"])
        {
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync(tooLong);
            Assert.Empty(await client.ReceiveToEndAsync());
            client.Dispose();
            Assert.Equal(CloseReason.ProtocolError, await server.Observer.NextReasonAsync());
        }
    }

    [Theory, Models]
    public async Task A_line_without_its_end_is_truncated(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoLinesAsync);
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("whole\nha");
        client.FinishSending();

        Assert.Equal("whole\n"u8.ToArray(), await client.ReceiveToEndAsync());
        Assert.Equal(CloseReason.Truncated, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task A_line_longer_than_the_first_buffer_is_read_whole(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            while (await connection.TryReadLineAsync(1_000_000) is { } line)
                await connection.WriteAsync(line);
        });
        using RawClient client = await server.ConnectAsync();
        string first = new('a', 100_000);
        string second = new('b', 5_000);

        await client.SendAsync("short\n" + first[..50_000]);
        Assert.Equal("short"u8.ToArray(), await client.ReceiveExactlyAsync(5));
        await client.SendAsync(first[50_000..] + "\n" + second + "\n");
        client.FinishSending();

        Assert.Equal(first + second, Encoding.ASCII.GetString(await client.ReceiveToEndAsync()));
    }

    [Theory, Models]
    public async Task An_exact_read_returns_all_or_nothing_or_reports_truncation(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            byte[] block = new byte[6];
            while (await connection.TryReadExactlyAsync(block))
                await connection.WriteAsync(block);
        });

        using RawClient whole = await server.ConnectAsync();
        await whole.SendAsync("abc");
        await whole.SendAsync("def");
        Assert.Equal("abcdef"u8.ToArray(), await whole.ReceiveExactlyAsync(6));
        whole.FinishSending();
        Assert.Empty(await whole.ReceiveToEndAsync());
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());

        using RawClient half = await server.ConnectAsync();
        await half.SendAsync("abc");
        half.FinishSending();
        Assert.Empty(await half.ReceiveToEndAsync());
        Assert.Equal(CloseReason.Truncated, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task Reads_of_different_kinds_share_one_buffer(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            byte[] block = new byte[4];
            ReadOnlyMemory<byte>? line = await connection.TryReadLineAsync(100);
            await connection.WriteAsync(line!.Value.ToArray());
            await connection.TryReadExactlyAsync(block);
            await connection.WriteAsync(block);
            int read = await connection.ReadAsync(block.AsMemory(0, 1));
            await connection.WriteAsync(block.AsMemory(0, read));
            await connection.WriteAsync(await connection.ReadAsync());
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("line\nfourXrest");

        Assert.Equal("linefourXrest", Encoding.ASCII.GetString(await client.ReceiveToEndAsync()));
        client.Dispose();
        Assert.Equal(CloseReason.HandlerFinished, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task The_bytes_of_a_connection_are_counted_in_both_directions(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await Handlers.DiscardAsync(connection);
            await connection.WriteAsync(new byte[77]);
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync(new byte[12_345]);
        client.FinishSending();
        await client.ReceiveToEndAsync();
        (Connection connection, _) = await server.Observer.NextEndAsync();

        Assert.Equal(12_345, connection.BytesReceived);
        Assert.Equal(77, connection.BytesSent);
        Assert.Equal(1, connection.Id);
        Assert.Equal(client.LocalEndPoint, connection.RemoteEndPoint);
        Assert.Equal(server.EndPoint, connection.LocalEndPoint);
    }

    [Theory, Models]
    public async Task A_half_close_leaves_the_other_direction_open(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.WriteAsync("said"u8.ToArray());
            await connection.FinishWritingAsync();
            ReadOnlyMemory<byte> heard = await connection.ReadAsync();
            Assert.Equal("heard"u8.ToArray(), heard.ToArray());
            Assert.True((await connection.ReadAsync()).IsEmpty);
        });
        using RawClient client = await server.ConnectAsync();

        Assert.Equal("said"u8.ToArray(), await client.ReceiveToEndAsync());
        await client.SendAsync("heard");
        client.FinishSending();

        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
    }

    private static async Task EchoesAsync(TestServer server, int bytes)
    {
        using RawClient client = await server.ConnectAsync();
        byte[] sent = RandomNumberGenerator.GetBytes(bytes);
        Task<byte[]> echo = client.ReceiveToEndAsync();
        await client.SendAsync(sent);
        client.FinishSending();
        Assert.Equal(sent, await echo);
    }
}
