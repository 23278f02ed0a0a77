using System.Net;
using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Samples;

/// <summary>The chat room, as a program.</summary>
public sealed class ChatTest
{
    // Batches fit into a queue of 64 lines, so that a member that reads misses none.
    private const int BatchLines = 32;
    private const int MostBatches = 20_000;

    [Theory, Models(ModelKind.Concurrent)]
    public async Task Members_receive_messages_and_departures(string model)
    {
        await using ProgramProcess chat = await SampleProgram.StartAsync("chat.cs", model);
        IPEndPoint room = await chat.ListeningAsync();
        using RawClient first = await JoinAsync(room, 1);
        using RawClient second = await JoinAsync(room, 2);
        Assert.Equal("* guest 2 has joined", await first.ReceiveLineAsync());

        await first.SendAsync("hello\n");
        foreach (RawClient member in (RawClient[])[first, second])
            Assert.Equal("guest 1: hello", await member.ReceiveLineAsync());
        await second.SendAsync("hello \e[2J\r\nyourself\n");
        foreach (RawClient member in (RawClient[])[first, second])
        {
            Assert.Equal("guest 2: hello [2J", await member.ReceiveLineAsync());
            Assert.Equal("guest 2: yourself", await member.ReceiveLineAsync());
        }
        second.FinishSending();

        Assert.Equal("* guest 2 has left", await first.ReceiveLineAsync());
        Assert.Empty(await second.ReceiveToEndAsync());
        await first.SendAsync("anybody?\n");
        Assert.Equal("guest 1: anybody?", await first.ReceiveLineAsync());
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task A_reset_or_an_oversized_line_removes_the_member(string model)
    {
        await using ProgramProcess chat = await SampleProgram.StartAsync("chat.cs", model);
        IPEndPoint room = await chat.ListeningAsync();
        using RawClient stays = await JoinAsync(room, 1);
        RawClient resets = await JoinAsync(room, 2);
        Assert.Equal("* guest 2 has joined", await stays.ReceiveLineAsync());
        resets.Reset();
        Assert.Equal("* guest 2 has left", await stays.ReceiveLineAsync());
        using RawClient verbose = await JoinAsync(room, 3);
        Assert.Equal("* guest 3 has joined", await stays.ReceiveLineAsync());

        await verbose.SendAsync(new string('x', 512));

        Assert.Equal("* guest 3 has left", await stays.ReceiveLineAsync());
        Assert.Empty(await verbose.ReceiveToEndAsync());
        Assert.Equal("", chat.Errors.Text);
    }

    /// <summary>The others continue while the connection of a member that does not read fills up. When it reads, it
    /// finds the number of missing lines at their place.</summary>
    [Theory, Models(ModelKind.Concurrent)]
    public async Task A_member_that_does_not_read_delays_no_other(string model)
    {
        await using ProgramProcess chat = await SampleProgram.StartAsync("chat.cs", model);
        IPEndPoint room = await chat.ListeningAsync();
        using RawClient talks = await JoinAsync(room, 1);
        using RawClient listens = await JoinAsync(room, 2);
        using RawClient sleeps = await RawClient.ConnectAsync(room, receiveBufferBytes: 4096);
        foreach (int member in (int[])[2, 3])
            Assert.Equal($"* guest {member} has joined", await talks.ReceiveLineAsync());
        Assert.Equal("* guest 3 has joined", await listens.ReceiveLineAsync());
        // More than the kernel and the queue hold for the member that does not read.
        for (int batch = 0; batch < KernelBytes() / (BatchLines * 500) + 10; batch++)
            await TalkAsync(talks, listens);

        Task<string> awake = ReceiveUntilNoticeAsync(sleeps);
        for (int batch = 0; batch < MostBatches && !awake.IsCompleted; batch++)
            await TalkAsync(talks, listens);

        string received = await awake.Bounded();
        string[] lines = received.Split('\n');
        int notice = Array.FindIndex(lines, line => line.StartsWith("* you missed ", StringComparison.Ordinal));
        Assert.Equal("* guest 3 has joined", lines[0]);
        Assert.InRange(int.Parse(lines[notice].Split(' ')[3]), 1, int.MaxValue);
        Assert.All(lines[1..notice], line => Assert.Equal(Line("guest 1: "), line));
    }

    /// <summary>The second member enters when the first has left.</summary>
    [Fact]
    public async Task Under_sequential_the_room_has_one_member()
    {
        await using ProgramProcess chat = await SampleProgram.StartAsync("chat.cs", "sequential");
        IPEndPoint room = await chat.ListeningAsync();
        using RawClient first = await JoinAsync(room, 1);
        using RawClient second = await RawClient.ConnectAsync(room);
        await second.SendAsync("is anybody here?\n");

        await first.SendAsync("hello\n");
        Assert.Equal("guest 1: hello", await first.ReceiveLineAsync());
        first.FinishSending();
        Assert.Empty(await first.ReceiveToEndAsync());

        Assert.Equal("* guest 2 has joined", await second.ReceiveLineAsync());
        Assert.Equal("guest 2: is anybody here?", await second.ReceiveLineAsync());
    }

    private static async Task<RawClient> JoinAsync(IPEndPoint room, int number)
    {
        RawClient member = await RawClient.ConnectAsync(room);
        Assert.Equal($"* guest {number} has joined", await member.ReceiveLineAsync());
        return member;
    }

    /// <summary>Sends a batch of lines to the room and receives it twice.</summary>
    private static async Task TalkAsync(RawClient talks, RawClient listens)
    {
        string said = string.Concat(Enumerable.Repeat(Line("") + "\n", BatchLines));
        string heard = string.Concat(Enumerable.Repeat(Line("guest 1: ") + "\n", BatchLines));
        await talks.SendAsync(said);
        foreach (RawClient member in (RawClient[])[talks, listens])
            Assert.Equal(heard, Encoding.ASCII.GetString(await member.ReceiveExactlyAsync(heard.Length)));
    }

    private static string Line(string prefix) => prefix + new string('x', 500);

    /// <summary>Reads up to the line after a notice.</summary>
    private static async Task<string> ReceiveUntilNoticeAsync(RawClient member)
    {
        var all = new StringBuilder();
        byte[] buffer = new byte[64 * 1024];
        for (int received, searched = 0; ; searched = Math.Max(0, all.Length - 40))
        {
            received = await member.ReceiveAsync(buffer);
            Assert.NotEqual(0, received);
            all.Append(Encoding.ASCII.GetString(buffer, 0, received));
            string news = all.ToString(searched, all.Length - searched);
            int notice = news.IndexOf("* you missed ", StringComparison.Ordinal);
            if (notice >= 0 && news.IndexOf('\n', notice) >= 0)
                return all.ToString();
        }
    }

    /// <summary>What a connection's send buffer grows to at most.</summary>
    private static int KernelBytes() => OperatingSystem.IsLinux()
        ? int.Parse(File.ReadAllText("/proc/sys/net/ipv4/tcp_wmem").Split('\t')[2])
        : 4 * 1024 * 1024;
}
