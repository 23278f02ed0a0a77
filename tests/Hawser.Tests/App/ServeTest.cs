using System.Globalization;
using System.Net;
using Hawser.Services;
using Hawser.Tests.Services;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

public sealed class ServeTest
{
    // A shell's exit code for a process that a signal ended.
    private const int Signalled = 128;

    [Theory]
    [InlineData(64, 112, "--model", "threads")]
    [InlineData(64, 112, "--model", "epoll")]
    [InlineData(127, 128)]
    [InlineData(143, 144, "--metrics", "0", "--dashboard", "0")]
    [InlineData(151, 152, "--otlp", "http://127.0.0.1:1")]
    public async Task Serve_refuses_to_start_with_too_few_descriptors(int limit, int least, params string[] options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs ulimit");
        await using ProgramProcess serve = ProgramProcess.StartInShell(
            $"ulimit -n {limit}; exec \"$@\"", "",
            ["serve", .. options is [] ? (string[])["--port-base", "0"] : ["ping", "--port", "0", .. options]]);

        (await serve.EndAsync()).IsError(1, $"{limit} descriptors are too few to serve, {least} are the least");
    }

    /// <summary>The engine refuses to start what could never serve a connection.</summary>
    [Fact]
    public async Task The_least_descriptors_are_enough_to_serve()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs ulimit");
        await using ProgramProcess serve = ProgramProcess.StartInShell(
            "ulimit -n 144; exec \"$@\"", "",
            "serve", "ping", "--port", "0", "--metrics", "0", "--dashboard", "0", "--log", "json");

        using RawClient client = await RawClient.ConnectAsync(await serve.ListeningAsync());
        await client.SendAsync("ping 0 1\n");
        Assert.Equal("pong 0 1", await client.ReceiveLineAsync());
    }

    [Theory]
    [InlineData("sequential")]
    [InlineData("simple")]
    [InlineData("select")]
    [InlineData("multi-select")]
    [InlineData("threads")]
    [InlineData("pool")]
    [InlineData("multi-thread")]
    [InlineData("async")]
    [InlineData("epoll")]
    public async Task A_model_serves_under_its_names_at_the_port_that_is_printed(string model)
    {
        Assert.SkipUnless(model != "epoll" || OperatingSystem.IsLinux(), "epoll is Linux's own");
        await using ProgramProcess server = ProgramProcess.Start(
            "serve", "ping", "--port", "0", "--model", model, "--verbose");
        IPEndPoint endPoint = await server.ListeningAsync();
        Assert.NotEqual(0, endPoint.Port);
        Assert.Equal($"Listening on 127.0.0.1:{endPoint.Port}", server.Output.Lines[0]);

        using (RawPeer client = await RawPeer.ConnectAsync(endPoint))
        {
            await client.SendAsync("ping 0 1\n");
            Assert.Equal("pong 0 1", await client.ReadLineAsync());
        }
        await server.Output.LineWithAsync("- connection 1 after 1 pong");
        server.Signal(ProgramProcess.SIGTERM);
        ProgramResult result = await server.EndAsync();

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("+ connection 1 from 127.0.0.1:", result.Text, StringComparison.Ordinal);
        Assert.Contains("  connection 1: ping 0 1\n", result.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ProgramProcess.SIGTERM)]
    [InlineData(ProgramProcess.SIGINT)]
    [InlineData(ProgramProcess.SIGQUIT)]
    public async Task The_first_signal_lets_conversations_finish(int signal)
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "message", "0");
        using RawPeer sender = await RawPeer.ConnectAsync(await server.ListeningAsync(onErrors: true));
        // Longer than what waits in memory, and alone: it comes out while it goes in.
        await sender.SendAsync(new byte[1_000_000]);
        await server.Output.BeginsAsync();

        server.Signal(signal);
        string stopping = await server.Errors.LineWithAsync("stopping: ");
        Assert.Matches(@"\Astopping: waiting up to 10 s for 1 connection: 127\.0\.0\.1:\d+ \(\d+ bytes received\); "
            + @"a second signal ends at once\z", stopping);
        await sender.SendAsync("the end");
        sender.FinishSending();
        ProgramResult result = await server.EndAsync();

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(1_000_007, result.Output.Length);
        Assert.EndsWith("the end", result.Text, StringComparison.Ordinal);
        Assert.Contains("stopped: 1 connection finished, 0 aborted, 0 unfinished\n", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signals_that_arrive_together_are_one_request()
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "ping", "--port", "0");
        await server.ListeningAsync();

        foreach (int signal in (int[])[ProgramProcess.SIGINT, ProgramProcess.SIGTERM, ProgramProcess.SIGQUIT])
            server.TrySignal(signal);

        Assert.Equal(0, (await server.EndAsync()).ExitCode);
    }

    [Theory]
    [InlineData("upload")]
    [InlineData("message")]
    public async Task A_silent_peer_does_not_delay_the_stop(string service)
    {
        using var folder = new TemporaryFolder();
        string[] arguments = ["serve", service, "0", "--drain-timeout", "never"];
        await using ProgramProcess server = ProgramProcess.Start(
            service == "upload" ? [.. arguments, folder.Root, "--verbose"] : [.. arguments, "--verbose"]);
        using RawPeer silent = await RawPeer.ConnectAsync(await server.ListeningAsync(onErrors: service == "message"));
        await server.Errors.LineWithAsync("connection 1 from 127.0.0.1:");

        server.Signal(ProgramProcess.SIGTERM);

        Assert.Contains("(0 bytes received)", await server.Errors.LineWithAsync("stopping: "), StringComparison.Ordinal);
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Quiet_logs_failures_only(bool isQuiet)
    {
        using var folder = new TemporaryFolder();
        string[] quiet = isQuiet ? ["--quiet"] : [];
        await using ProgramProcess server = ProgramProcess.Start(
            ["serve", "upload", "0", folder["stored"], "--host", "127.0.0.1", "--max-bytes", "3", .. quiet]);
        IPEndPoint endPoint = await server.ListeningAsync();
        foreach (string upload in (string[])["abc", "abcd"])
        {
            using RawPeer peer = await RawPeer.ConnectAsync(endPoint);
            await peer.SendAsync(upload);
            peer.FinishSending();
            await peer.ReadToEndAsync();
        }
        server.Signal(ProgramProcess.SIGTERM);
        ProgramResult result = await server.EndAsync();

        Assert.Equal(0, result.ExitCode);
        Assert.Equal($"Listening on {endPoint}\n", result.Text);
        const string Time = @"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z";
        const string Upload = @"upload \d from 127\.0\.0\.1:\d+";
        Assert.Matches($@"\Awriting to {folder["stored"]}\nlimits: [^\n]*\n"
            + (isQuiet ? "" : $@"{Time} {Upload} stored as 1\.file: 3 bytes\n")
            + $@"{Time} ERROR: {Upload} refused after 4 bytes: an upload has at most 3 bytes\n"
            // The last connection may still be closing.
            + $@"((stopping|{Time} stopped): [^\n]*\n)*"
            + (isQuiet ? "" : $@"{Time} served 2 connections in [^\n]*\n")
            + $@"{Time} uploads: 1 stored, 1 refused; 3 bytes\n\z", result.Errors);
    }

    [Theory]
    [InlineData("--idle-timeout")]
    [InlineData("--first-byte-timeout")]
    public async Task A_timeout_of_0_is_refused_by_name(string option) =>
        (await ProgramProcess.RunAsync("serve", "ping", option, "0")).IsError(2, $"{option}: '0' is too short");

    [Fact]
    public async Task An_output_folder_that_is_a_file_is_an_error()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("file", [1]);
        string error = $": {file} is a file, not a folder";
        (await ProgramProcess.RunAsync("serve", "clock", "--port", "0", "--out", file)).IsError(1, error);
        (await ProgramProcess.RunAsync("numbers", "--port", "1", "--out", file)).IsError(1, error);
    }

    [Fact]
    public async Task A_socket_that_is_missing_is_an_error() =>
        (await ProgramProcess.RunAsync("ping", "unix:/tmp/hawser-no-such-socket"))
            .IsError(1, "unix:/tmp/hawser-no-such-socket: no such socket");

    [Fact]
    public async Task A_conversation_at_rest_is_ended_by_the_first_signal()
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "ping", "--port", "0");
        using RawPeer client = await RawPeer.ConnectAsync(await server.ListeningAsync());
        await client.SendAsync("ping 0 1\n");
        Assert.Equal("pong 0 1", await client.ReadLineAsync());

        server.Signal(ProgramProcess.SIGTERM);

        Assert.Null(await client.ReadLineAsync());
        client.Dispose();
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
    }

    [Theory]
    [InlineData(ProgramProcess.SIGTERM)]
    [InlineData(ProgramProcess.SIGINT)]
    public async Task A_second_signal_ends_at_once(int signal)
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "message", "0", "--drain-timeout", "never");
        using RawPeer sender = await RawPeer.ConnectAsync(await server.ListeningAsync(onErrors: true));
        await sender.SendAsync(new byte[1_000_000]);
        await server.Output.BeginsAsync();

        server.Signal(signal);
        await server.Errors.LineWithAsync("stopping: ");
        // Those of the first tenth of a second belong to the first one.
        await Patience.UntilAsync(() => server.HasExited || !server.TrySignal(signal));

        Assert.Equal(Signalled + signal, (await server.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task Without_a_service_all_of_them_are_served()
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "--port-base", "0");
        foreach (Service service in ServiceCatalog.All)
            await server.Errors.LineWithAsync($"{service.Name}: Listening on 127.0.0.1:");
        string line = await server.Errors.LineWithAsync("ping: Listening on ");
        int port = int.Parse(line[(line.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);

        using (RawPeer client = await RawPeer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port)))
        {
            await client.SendAsync("ping 0 1\n");
            Assert.Equal("pong 0 1", await client.ReadLineAsync());
        }
        server.Signal(ProgramProcess.SIGTERM);

        ProgramResult result = await server.EndAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("", result.Text);
    }

    [Fact]
    public async Task The_port_base_moves_all_services()
    {
        // Others may have one of the ports: then the next range will do.
        for (int portBase = 23_000; portBase < 33_000; portBase += 1_000)
        {
            await using ProgramProcess server = ProgramProcess.Start("serve", "--port-base", $"{portBase}");
            try
            {
                foreach ((int index, Service service) in ServiceCatalog.All.Index())
                    await server.Errors.LineWithAsync($"{service.Name}: Listening on 127.0.0.1:{portBase + index}");
                return;
            }
            catch (InvalidOperationException e) when (e.Message.Contains("is already in use", StringComparison.Ordinal))
            {
            }
        }
        Assert.Fail("no range of ports is free");
    }

    [Fact]
    public async Task A_unix_socket_serves_and_is_removed()
    {
        string path = Path.Combine(Path.GetTempPath(), $"hawser-test-{Guid.NewGuid():N}");
        await using ProgramProcess server = ProgramProcess.Start("serve", "ping", "--host", $"unix:{path}");
        await server.Output.LineWithAsync($"Listening on unix:{path}");

        ProgramResult client = await ProgramProcess.RunAsync("ping", "--host", $"unix:{path}", "--count", "2");
        server.Signal(ProgramProcess.SIGTERM);
        await server.EndAsync();

        client.IsDone();
        Assert.StartsWith("Client #0: pong 0 1\nClient #0: pong 0 2\n", client.Text, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task A_server_whose_log_loses_its_reader_ends_with_one_line()
    {
        await using ProgramProcess server = ProgramProcess.StartInShell(
            "\"$@\" | { read line; echo \"$line\"; exec <&-; echo closed; }", "", "serve", "ping", "--port", "0");
        IPEndPoint endPoint = await server.ListeningAsync();
        await server.Output.LineWithAsync("closed");

        using RawPeer client = await RawPeer.ConnectAsync(endPoint);
        string complaint = await server.Errors.LineWithAsync("ERROR: ");
        client.Dispose();
        await server.EndAsync();

        Assert.Contains("cannot write to the standard output: Broken pipe", complaint, StringComparison.Ordinal);
        Assert.Single(server.Errors.Lines, line => line.StartsWith("ERROR", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", server.Errors.Text, StringComparison.Ordinal);
    }
}
