using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Hawser.Tests.Services;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

public sealed class MessageTest
{
    private const int Failed = 1;

    private static byte[] Everything => [.. Enumerable.Range(0, 256).Select(value => (byte)value), .. "\r\nend"u8];

    [Fact]
    public async Task The_standard_output_is_the_messages_and_nothing_else()
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "message", "0");
        IPEndPoint endPoint = await server.ListeningAsync(onErrors: true);
        byte[] large = RandomNumberGenerator.GetBytes(5_000_000);
        foreach (byte[] message in (byte[][])[Everything, [], large])
        {
            ProgramResult client = await SendAsync(endPoint, message);
            client.IsDone();
            Assert.Equal("", client.Text);
        }
        server.Signal(ProgramProcess.SIGTERM);

        ProgramResult result = await server.EndAsync();

        Assert.Equal(0, result.ExitCode);
        const string Time = @"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z";
        const string Message = @"message \d from 127\.0\.0\.1:\d+ written: ";
        Assert.Matches(
            $@"\AListening on 0\.0\.0\.0:{endPoint.Port}\n"
            + @"writing to the standard output\n"
            + @"limits: 16 GB per message \(--max-bytes\), 1 GB on disk for messages that wait \(--spool-limit\); "
            + @"no authentication\n"
            + $@"{Time} {Message}261 bytes\n{Time} {Message}0 bytes\n{Time} {Message}5000000 bytes\n"
            // The last connection may still be closing.
            + $@"((stopping|{Time} stopped): [^\n]*\n)*"
            + $@"{Time} served 3 connections in [^:]+: 5 MB received, 0 B sent\n"
            + $@"{Time} messages: 3 written, 0 truncated, 0 refused; 5000261 bytes\n\z",
            result.Errors);
        Assert.True(result.Output.AsSpan().SequenceEqual([.. Everything, .. large]));
    }

    [Fact]
    public async Task A_client_that_is_killed_midway_resets_and_the_server_warns()
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "message", "0", "--order", "interleave");
        IPEndPoint endPoint = await server.ListeningAsync(onErrors: true);
        await using ProgramProcess client = ProgramProcess.Start("message", "127.0.0.1", $"{endPoint.Port}");
        await client.Input.WriteAsync("half"u8.ToArray());
        await client.Input.FlushAsync();
        await server.Output.BeginsAsync();

        client.Signal(ProgramProcess.SIGKILL);

        string line = await server.Errors.LineWithAsync("WARNING: message 1 from 127.0.0.1:");
        Assert.EndsWith(" truncated after 4 bytes: the peer reset the connection", line, StringComparison.Ordinal);
        Assert.Equal("half", server.Output.Text);
    }

    [Fact]
    public async Task A_small_heap_takes_many_messages_at_once()
    {
        const int Clients = 100;
        byte[] message = RandomNumberGenerator.GetBytes(250_000);
        await using ProgramProcess server = ProgramProcess.Start(
            [("DOTNET_GCHeapHardLimit", "0x1800000")], readOutput: true, "serve", "message", "0");
        IPEndPoint endPoint = await server.ListeningAsync(onErrors: true);
        List<RawPeer> senders = [];
        for (int n = 0; n < Clients; n++)
        {
            senders.Add(await RawPeer.ConnectAsync(endPoint));
            await senders[n].SendAsync(message);
        }
        foreach (RawPeer sender in senders)
            sender.FinishSending();
        foreach (RawPeer sender in senders)
            Assert.Equal("", await sender.ReadToEndAsync());
        server.Signal(ProgramProcess.SIGTERM);
        ProgramResult result = await server.EndAsync();

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(Clients * message.Length, result.Output.Length);
        senders.ForEach(sender => sender.Dispose());
    }

    [Theory]
    [InlineData("completion")]
    [InlineData("arrival")]
    [InlineData("interleave")]
    public async Task Confirmed_messages_survive_an_immediate_kill_of_the_server(string order)
    {
        const int Clients = 4;
        const int Bytes = 1_000_000;
        string file = Path.GetTempFileName();
        try
        {
            await using ProgramProcess server = ProgramProcess.StartInShell(
                "exec \"$@\" > \"$FILE\"", file, "serve", "message", "0", "--order", order);
            IPEndPoint endPoint = await server.ListeningAsync(onErrors: true);

            ProgramResult[] clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client =>
                SendAsync(endPoint, [.. Enumerable.Repeat((byte)client, Bytes)])));
            server.Signal(ProgramProcess.SIGKILL);
            await server.EndAsync();

            Assert.All(clients, client => client.IsDone());
            ILookup<byte, byte> bytes = (await File.ReadAllBytesAsync(file)).ToLookup(value => value);
            Assert.All(Enumerable.Range(0, Clients), client => Assert.Equal(Bytes, bytes[(byte)client].Count()));
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <param name="read">Bytes read before; after some megabytes the kernel moves the rest by itself.</param>
    [Theory]
    [InlineData(0)]
    [InlineData(6_000_000)]
    public async Task A_broken_output_pipe_ends_the_server_with_one_error_line(int read)
    {
        await using ProgramProcess server = ProgramProcess.Start([], readOutput: false, "serve", "message", "0");
        IPEndPoint endPoint = await server.ListeningAsync(onErrors: true);
        Task<ProgramResult>? sending = read > 0 ? SendAsync(endPoint, new byte[read + 10_000_000]) : null;
        await server.ReadOutputAsync(read);
        server.CloseOutput();

        ProgramResult client = await (sending ?? SendAsync(endPoint, "lost"u8.ToArray()));
        ProgramResult result = await server.EndAsync();

        client.IsError(Failed, "the peer reset the connection");
        Assert.Equal(Failed, result.ExitCode);
        string complaint = Assert.Single(
            result.Errors.Split('\n'), line => line.StartsWith("ERROR: ", StringComparison.Ordinal));
        Assert.Contains("cannot write to the standard output: Broken pipe", complaint, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task An_unread_output_does_not_hold_up_the_stop(string model)
    {
        await using ProgramProcess server = ProgramProcess.Start(
            [], readOutput: false, "serve", "message", "0", "--model", model, "--drain-timeout", "100ms");
        IPEndPoint endPoint = await server.ListeningAsync(onErrors: true);
        using RawPeer sender = await RawPeer.ConnectAsync(endPoint);
        Task sending = sender.SendAsync(new byte[20_000_000]);
        // Under some models the kernel moves the rest by itself.
        await server.ReadOutputAsync(6_000_000);

        server.Signal(ProgramProcess.SIGTERM);
        ProgramResult result = await server.EndAsync();

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("the server stopped, and the output takes nothing\n", result.Errors, StringComparison.Ordinal);
        Assert.Contains("messages: 0 written, 1 truncated, 0 refused; ", result.Errors, StringComparison.Ordinal);
        // The kernel's buffers may hold the rest of what was sent.
        Assert.True(await Record.ExceptionAsync(() => sending) is not null || await sender.EndsByResetAsync());
    }

    [Fact]
    public async Task A_file_is_sent_from_its_position_which_is_then_at_its_end()
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "message", "0");
        IPEndPoint endPoint = await server.ListeningAsync(onErrors: true);
        byte[] content = RandomNumberGenerator.GetBytes(2_000_003);
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, content);
            await using ProgramProcess client = ProgramProcess.StartInShell(
                "{ dd bs=3 count=1 of=/dev/null 2>/dev/null; \"$@\"; cat; } < \"$FILE\"", file,
                "message", "127.0.0.1", $"{endPoint.Port}");
            ProgramResult sent = await client.EndAsync();
            sent.IsDone();
            Assert.Equal("", sent.Text);
        }
        finally
        {
            File.Delete(file);
        }
        server.Signal(ProgramProcess.SIGTERM);
        Assert.True((await server.EndAsync()).Output.AsSpan().SequenceEqual(content.AsSpan(3)));
    }

    [Fact]
    public async Task Message_limits_are_set_by_options()
    {
        await using ProgramProcess server = ProgramProcess.Start(
            "serve", "message", "0", "--max-bytes", "1000", "--spool-limit", "2MB", "--stall-timeout", "1m",
            "--min-rate", "1kB");
        IPEndPoint endPoint = await server.ListeningAsync(onErrors: true);

        ProgramResult refused = await SendAsync(endPoint, new byte[1001]);
        server.Signal(ProgramProcess.SIGTERM);
        ProgramResult result = await server.EndAsync();

        refused.IsError(Failed, "the peer reset the connection");
        Assert.Contains("limits: 1000 B per message (--max-bytes), 2 MB on disk",
            result.Errors, StringComparison.Ordinal);
        Assert.Contains("refused: longer than 1000 B (--max-bytes)", result.Errors, StringComparison.Ordinal);
        Assert.Equal("", result.Text);
    }

    [Fact]
    public async Task Large_messages_from_four_clients_at_once_need_little_memory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        const int Clients = 4;
        const int ChunkBytes = 1024 * 1024;
        const int Chunks = 64;
        const long LimitKiB = 150 * 1000;
        await using ProgramProcess server = ProgramProcess.StartInShell(
            "exec \"$@\" > \"$FILE\"", "/dev/null", "serve", "message", "0");
        IPEndPoint endPoint = await server.ListeningAsync(onErrors: true);

        byte[] chunk = RandomNumberGenerator.GetBytes(ChunkBytes);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            using RawPeer sender = await RawPeer.ConnectAsync(endPoint);
            for (int i = 0; i < Chunks; i++)
                await sender.SendAsync(chunk);
            sender.FinishSending();
            Assert.Equal("", await sender.ReadToEndAsync());
        }));

        string[] status = await File.ReadAllLinesAsync($"/proc/{server.Id}/status");
        string peak = status.Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        Assert.InRange(
            long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
                System.Globalization.CultureInfo.InvariantCulture), 1, LimitKiB);
    }

    [Fact]
    public async Task An_unusable_spool_folder_refuses_only_messages_that_need_spooling()
    {
        await using ProgramProcess server = ProgramProcess.Start(
            [("TMPDIR", "/nonexistent/hawser")], readOutput: true, "serve", "message", "0");
        IPEndPoint endPoint = await server.ListeningAsync(onErrors: true);
        // While another one is under way, a large message may not stream.
        using RawPeer other = await RawPeer.ConnectAsync(endPoint);
        await other.SendAsync("other");

        ProgramResult refused = await SendAsync(endPoint, new byte[3_000_000]);
        other.FinishSending();
        Assert.Equal("", await other.ReadToEndAsync());
        server.Signal(ProgramProcess.SIGTERM);
        ProgramResult result = await server.EndAsync();

        refused.IsError(Failed, "the peer reset the connection");
        Assert.Equal("other", result.Text);
        Assert.Contains("refused: cannot keep it in /nonexistent/hawser", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unreadable_standard_input_is_reported()
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "message", "0");
        IPEndPoint endPoint = await server.ListeningAsync(onErrors: true);
        await using ProgramProcess client = ProgramProcess.StartInShell(
            "exec \"$@\" < \"$FILE\"", Path.GetTempPath(), "message", "127.0.0.1", $"{endPoint.Port}");

        (await client.EndAsync()).IsError(Failed, "cannot read the standard input: Is a directory");
    }

    [Fact]
    public async Task A_server_that_does_not_close_is_waited_for_only_so_long()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var endPoint = (IPEndPoint)listener.LocalEndPoint!;

        Task<ProgramResult> client = SendAsync(endPoint, "heard"u8.ToArray(), "--wait", "1ms");
        using RawPeer server = await RawPeer.AcceptAsync(listener);
        Assert.Equal("heard", await server.ReadToEndAsync());

        ProgramResult result = await client;
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("", result.Text);
        Assert.Equal($"sent, not confirmed: {endPoint} did not close within 1 ms\n", result.Errors);
    }

    private static Task<ProgramResult> SendAsync(IPEndPoint server, byte[] message, params string[] options) =>
        ProgramProcess.RunAsync(message, ["message", "127.0.0.1", $"{server.Port}", .. options]);
}
