using System.Net;
using System.Net.Sockets;
using Hawser.Tests.Services;
using Hawser.Tests.Services.Ping;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

public sealed class PingTest
{
    private const int Failed = 1;
    private const int PartlyDone = 3;
    private const string Summary = @"round-trip time min \d+\.\d{3} ms, median \d+\.\d{3} ms, max \d+\.\d{3} ms\n\z";

    [Fact]
    public async Task Every_pong_is_printed_with_its_client_and_then_a_summary()
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "ping", "--port", "0");
        IPEndPoint endPoint = await server.ListeningAsync();

        ProgramResult result = await ProgramProcess.RunAsync(
            "ping", "--port", $"{endPoint.Port}", "--num-clients", "3", "--count", "4", "--interval", "1ms");

        result.IsDone();
        string[] lines = result.Text.Split('\n')[..^1];
        for (int client = 0; client < 3; client++)
        {
            Assert.Equal(
                Enumerable.Range(1, 4).Select(n => $"Client #{client}: pong {client} {n}"),
                lines.Where(line => line.StartsWith($"Client #{client}:", StringComparison.Ordinal)));
        }
        Assert.Equal(13, lines.Length);
        Assert.StartsWith("12 round trips, 3 clients, ", lines[^1], StringComparison.Ordinal);
        Assert.Matches(Summary, result.Text);
    }

    [Fact]
    public async Task Ten_pings_of_one_client_are_the_default()
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "ping", "--port", "0");
        IPEndPoint endPoint = await server.ListeningAsync();

        ProgramResult result = await ProgramProcess.RunAsync("ping", "--port", $"{endPoint.Port}");

        result.IsDone();
        Assert.Contains("Client #0: pong 0 10\n10 round trips, 1 client, ", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Servers_that_are_named_are_all_pinged_and_each_line_has_its_time()
    {
        await using PingServer one = PingServer.Start("threads");
        await using PingServer other = PingServer.Start("threads");

        ProgramResult result = await ProgramProcess.RunAsync("ping", $"{one.EndPoint}", $"{other.EndPoint}", "-c", "1");

        result.IsDone();
        Assert.Matches(@"(?m)^Client #0: pong 0 1 time=\d+\.\d{3} ms$", result.Text);
        Assert.Matches(@"(?m)^Client #1: pong 1 1 time=\d+\.\d{3} ms$", result.Text);
        Assert.All((PingServer[])[one, other], server => Assert.Single(
            server.Log.Lines, line => line.StartsWith("+ connection", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up()
    {
        using Socket silent = Listening();

        ProgramResult result = await ProgramProcess.RunAsync("ping", $"{silent.LocalEndPoint}", "-w", "50ms");

        result.IsError(Failed, $"client #0: {silent.LocalEndPoint}: no answer to ping 1 within 50 ms");
    }

    [Fact]
    public async Task A_signal_ends_with_the_summary_and_loses_nothing()
    {
        await using PingServer server = PingServer.Start("threads");
        await using ProgramProcess program = ProgramProcess.Start("ping", $"{server.EndPoint}", "-c", "1000", "-i", "1h");
        await program.Output.LineWithAsync("pong 0 1");
        program.Signal(ProgramProcess.SIGINT);

        ProgramResult result = await program.EndAsync();

        result.IsDone();
        Assert.Matches(@"\n1 round trip, 1 client, .*\n\z", result.Text);
    }

    [Fact]
    public async Task A_signal_before_the_first_pong_ends_with_the_summary()
    {
        using Socket listener = Listening();
        await using ProgramProcess program = StartAgainst(listener, clients: 1);
        using RawPeer client = await RawPeer.AcceptAsync(listener);
        await client.ReadLineAsync();
        program.Signal(ProgramProcess.SIGINT);

        ProgramResult result = await program.EndAsync();

        Assert.Matches(@"\A0 round trips, 1 client, .*\n\z", result.Text);
        Assert.Equal(Failed, result.ExitCode);
    }

    [Fact]
    public async Task Output_redirected_to_a_shared_file_overwrites_nothing()
    {
        await using PingServer server = PingServer.Start("threads");
        string file = Path.GetTempFileName();
        try
        {
            await using ProgramProcess program = ProgramProcess.StartInShell(
                "{ echo before; \"$@\"; echo after; } > \"$FILE\"", file,
                "ping", "--port", $"{((IPEndPoint)server.EndPoint).Port}", "--count", "1");
            (await program.EndAsync()).IsDone();

            Assert.Matches(
                @"\Abefore\nClient #0: pong 0 1\n1 round trip, 1 client, .*\nafter\n\z", await File.ReadAllTextAsync(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task When_some_clients_fail_the_others_count_and_the_exit_code_says_so()
    {
        using Socket listener = Listening();
        await using ProgramProcess program = StartAgainst(listener, clients: 2);
        for (int i = 0; i < 2; i++)
        {
            using RawPeer client = await RawPeer.AcceptAsync(listener);
            string ping = (await client.ReadLineAsync())!;
            if (ping == "ping 0 1")
                await client.SendAsync("pong 0 1\n");
            else
                client.Reset();
        }

        ProgramResult result = await program.EndAsync();

        Assert.StartsWith("Client #0: pong 0 1\n1 round trip, 1 of 2 clients, ", result.Text, StringComparison.Ordinal);
        Assert.Equal($"ERROR: 1 of 2 clients failed, first client #1: {listener.LocalEndPoint}: the peer reset the connection\n", result.Errors);
        Assert.Equal(PartlyDone, result.ExitCode);
    }

    [Fact]
    public async Task When_all_of_several_clients_fail_the_summary_says_so()
    {
        using Socket listener = Listening();
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        listener.Dispose();

        ProgramResult result = await ProgramProcess.RunAsync("ping", "--port", $"{port}", "--clients", "3");

        Assert.Matches(@"\A0 round trips, 0 of 3 clients, \d+(\.\d+)? [mµ]?s\n\z", result.Text);
        Assert.StartsWith("ERROR: 3 of 3 clients failed, first client #", result.Errors, StringComparison.Ordinal);
        Assert.Equal(Failed, result.ExitCode);
    }

    [Theory]
    [InlineData("ERROR: go away\n", "the server answered ping 1 with 'ERROR: go away'")]
    [InlineData("", "the server closed the connection before it answered ping 1")]
    public async Task An_unexpected_answer_or_close_is_reported(string answer, string complaint)
    {
        using Socket listener = Listening();
        await using ProgramProcess program = StartAgainst(listener, clients: 1);
        using (RawPeer client = await RawPeer.AcceptAsync(listener))
        {
            await client.ReadLineAsync();
            await client.SendAsync(answer);
        }

        (await program.EndAsync()).IsError(Failed, complaint);
    }

    [Fact]
    public async Task A_broken_output_pipe_ends_the_client_like_SIGPIPE()
    {
        using Socket listener = Listening();
        await using ProgramProcess program = StartAgainst(listener, clients: 1, readOutput: false);
        using RawPeer client = await RawPeer.AcceptAsync(listener);
        await client.ReadLineAsync();
        program.CloseOutput();
        await client.SendAsync("pong 0 1\n");

        ProgramResult result = await program.EndAsync();

        Assert.Equal("", result.Errors);
        Assert.Equal(141, result.ExitCode);
    }

    private static Socket Listening()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private static ProgramProcess StartAgainst(Socket listener, int clients, bool readOutput = true)
    {
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        return ProgramProcess.Start(
            [], readOutput, "ping", "--port", $"{port}", "--num-clients", $"{clients}", "--count", "1");
    }
}
