using System.Net;
using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Samples;

/// <summary>The little redis, as a program: bytes in, bytes out.</summary>
public sealed class RedisTest
{
    [Theory, Models]
    public async Task Each_command_has_its_answer(string model)
    {
        await using ProgramProcess redis = await SampleProgram.StartAsync("redis.cs", model);
        using RawClient client = await RawClient.ConnectAsync(await redis.ListeningAsync());

        await AssertAnswerAsync(client, "*1\r\n$4\r\nPING\r\n", "+PONG\r\n");
        await AssertAnswerAsync(client, "*2\r\n$4\r\nping\r\n$2\r\nhi\r\n", "$2\r\nhi\r\n");
        await AssertAnswerAsync(client, "*2\r\n$4\r\nECHO\r\n$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n");
        await AssertAnswerAsync(client, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "$-1\r\n");
        await AssertAnswerAsync(client, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n", "+OK\r\n");
        await AssertAnswerAsync(client, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "$0\r\n\r\n");
        await AssertAnswerAsync(
            client, "*1\r\n$3\r\nGET\r\n", "-ERR unknown command, or wrong number of arguments\r\n");
        client.FinishSending();
        Assert.Empty(await client.ReceiveToEndAsync());
    }

    [Theory, Models]
    public async Task A_value_of_every_byte_is_returned_to_another_connection(string model)
    {
        byte[] value = [.. Enumerable.Range(0, 16 * 1024).Select(n => (byte)n)];
        await using ProgramProcess redis = await SampleProgram.StartAsync("redis.cs", model);
        IPEndPoint where = await redis.ListeningAsync();
        using (RawClient writer = await RawClient.ConnectAsync(where))
        {
            await writer.SendAsync("*3\r\n$3\r\nSET\r\n$3\r\nall\r\n$16384\r\n");
            await writer.SendAsync(value);
            await AssertAnswerAsync(writer, "\r\n", "+OK\r\n");
        }

        using RawClient reader = await RawClient.ConnectAsync(where);
        await AssertAnswerAsync(reader, "*2\r\n$3\r\nGET\r\n$3\r\nall\r\n", "$16384\r\n");
        Assert.Equal(value, await reader.ReceiveExactlyAsync(value.Length));
        Assert.Equal("\r\n"u8.ToArray(), await reader.ReceiveExactlyAsync(2));
    }

    [Theory, Models]
    public async Task Pipelined_requests_are_answered_together_and_in_order(string model)
    {
        await using ProgramProcess redis = await SampleProgram.StartAsync("redis.cs", model);
        using RawClient client = await RawClient.ConnectAsync(await redis.ListeningAsync());
        byte[] buffer = new byte[64 * 1024];

        await client.SendAsync(
            string.Concat(Enumerable.Range(10, 80).Select(n => $"*2\r\n$4\r\nECHO\r\n$2\r\n{n}\r\n")));

        // One packet each way: nothing else was sent before.
        int received = await client.ReceiveAsync(buffer);
        Assert.Equal(
            string.Concat(Enumerable.Range(10, 80).Select(n => $"$2\r\n{n}\r\n")),
            Encoding.ASCII.GetString(buffer, 0, received));
    }

    [Theory, Models]
    public async Task A_request_may_arrive_a_byte_at_a_time(string model)
    {
        await using ProgramProcess redis = await SampleProgram.StartAsync("redis.cs", model);
        using RawClient client = await RawClient.ConnectAsync(await redis.ListeningAsync());

        foreach (char next in "*2\r\n$4\r\nECHO\r\n$4\r\nslow\r\n*1\r\n$4\r\nPIN")
            await client.SendAsync(next.ToString());
        Assert.Equal("$4\r\nslow\r\n", await ReceiveAsync(client, 10));
        await AssertAnswerAsync(client, "G\r\n", "+PONG\r\n");
    }

    /// <summary>Many short requests for a long value: the server holds a few of the answers at a time, and waits for
    /// the client to read.</summary>
    [Theory, Models]
    public async Task Answers_much_longer_than_their_requests_arrive_whole(string model)
    {
        const int requests = 2_000;
        await using ProgramProcess redis = await SampleProgram.StartAsync("redis.cs", model);
        using RawClient client = await RawClient.ConnectAsync(await redis.ListeningAsync());
        string value = new('v', 16 * 1024);
        await AssertAnswerAsync(client, $"*3\r\n$3\r\nSET\r\n$1\r\nv\r\n$16384\r\n{value}\r\n", "+OK\r\n");

        Task sending = client.SendAsync(string.Concat(Enumerable.Repeat("*2\r\n$3\r\nGET\r\n$1\r\nv\r\n", requests)));
        for (int n = 0; n < requests; n++)
            Assert.Equal($"$16384\r\n{value}\r\n", await ReceiveAsync(client, value.Length + 10));
        await sending;
    }

    [Theory]
    [InlineData("hello\r\n", "expected '*', a number from 1 to 8")]
    [InlineData("*0\r\n", "expected '*', a number from 1 to 8")]
    [InlineData("*9\r\n", "expected '*', a number from 1 to 8")]
    [InlineData("*-1\r\n", "expected '*', a number from 1 to 8")]
    [InlineData("*\r\n", "expected '*', a number from 1 to 8")]
    [InlineData("*1x\r\n", "expected '*', a number from 1 to 8")]
    [InlineData("*0000001", "expected '*', a number from 1 to 8")]
    [InlineData("*1\r\n:4\r\n", "expected '$', a number from 0 to 16384")]
    [InlineData("*2\r\n$4\r\nECHO\r\n$16385\r\n", "expected '$', a number from 0 to 16384")]
    [InlineData("*2\r\n$4\r\nECHO\r\n$-1\r\n", "expected '$', a number from 0 to 16384")]
    [InlineData("*1\r\n$3\r\nPING\r\n", "a string is longer than it was announced to be")]
    public async Task A_malformed_or_oversized_request_gets_an_error_after_earlier_answers_and_a_close(
        string malformed, string rule)
    {
        await using ProgramProcess redis = await SampleProgram.StartAsync("redis.cs", "epoll");
        IPEndPoint where = await redis.ListeningAsync();
        using RawClient client = await RawClient.ConnectAsync(where);

        await client.SendAsync("*1\r\n$4\r\nPING\r\n" + malformed);
        string answer = Encoding.ASCII.GetString(await client.ReceiveToEndAsync());

        Assert.StartsWith($"+PONG\r\n-ERR Protocol error: {rule}", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n", answer, StringComparison.Ordinal);
        using RawClient next = await RawClient.ConnectAsync(where);
        await AssertAnswerAsync(next, "*1\r\n$4\r\nPING\r\n", "+PONG\r\n");
    }

    [Fact]
    public async Task The_store_refuses_keys_beyond_ten_thousand_and_keeps_serving()
    {
        await using ProgramProcess redis = await SampleProgram.StartAsync("redis.cs", "epoll");
        using RawClient client = await RawClient.ConnectAsync(await redis.ListeningAsync());
        IEnumerable<string> keys = Enumerable.Range(0, 10_000).Select(n => n.ToString("00000"));
        Task sending = client.SendAsync(
            string.Concat(keys.Select(key => $"*3\r\n$3\r\nSET\r\n$5\r\n{key}\r\n$1\r\nx\r\n")));
        Assert.Equal(
            string.Concat(Enumerable.Repeat("+OK\r\n", 10_000)), await ReceiveAsync(client, 5 * 10_000));
        await sending;

        await AssertAnswerAsync(
            client, "*3\r\n$3\r\nSET\r\n$3\r\nnew\r\n$1\r\nx\r\n", "-OOM no room for another key\r\n");
        await AssertAnswerAsync(client, "*3\r\n$3\r\nSET\r\n$5\r\n00042\r\n$1\r\ny\r\n", "+OK\r\n");
        await AssertAnswerAsync(client, "*2\r\n$3\r\nGET\r\n$5\r\n00042\r\n", "$1\r\ny\r\n");
    }

    [Fact]
    public async Task Redis_own_programs_talk_to_it()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/redis-benchmark"), "needs redis-tools");
        await using ProgramProcess redis = await SampleProgram.StartAsync("redis.cs", "epoll");
        string port = $"{(await redis.ListeningAsync()).Port}";

        foreach ((string command, string answer) in ((string, string)[])[("set greeting hello", "OK"), ("get greeting", "hello")])
        {
            await using ProgramProcess client = ProgramProcess.StartForeign("redis-cli", ["-p", port, .. command.Split(' ')]);
            Assert.Equal($"{answer}\n", (await client.EndAsync()).Text);
        }
        await using ProgramProcess benchmark = ProgramProcess.StartForeign(
            "redis-benchmark", "-p", port, "-t", "ping_mbulk,set,get", "-n", "2000", "-P", "16", "-q");
        ProgramResult result = await benchmark.EndAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(3, System.Text.RegularExpressions.Regex.Count(result.Text, "requests per second"));
    }

    private static async Task AssertAnswerAsync(RawClient client, string request, string answer)
    {
        await client.SendAsync(request);
        Assert.Equal(answer, await ReceiveAsync(client, answer.Length));
    }

    private static async Task<string> ReceiveAsync(RawClient client, int bytes) =>
        Encoding.ASCII.GetString(await client.ReceiveExactlyAsync(bytes));
}
