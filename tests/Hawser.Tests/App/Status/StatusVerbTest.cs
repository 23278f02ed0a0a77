using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hawser.App.CommandLine;
using Hawser.App.Verbs;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Status;

/// <summary><c>hawser status</c> and the socket of <c>hawser serve</c>, as programs.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class StatusVerbTest : IDisposable
{
    private const UnixFileMode SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly StatusStage _stage = new();

    public void Dispose() => _stage.Dispose();

    [Fact]
    public async Task A_server_whose_descriptors_are_used_up_as_soon_as_it_listens_answers()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs ulimit");
        const int Descriptors = 200;
        await using ProgramProcess serve = ProgramProcess.StartInShell(
            $"ulimit -n {Descriptors}; export XDG_RUNTIME_DIR='{_stage.Root}'; exec \"$@\"", "",
            "serve", "ping", "--port", "0", "--model", "epoll", "--backlog", $"{Descriptors}");
        IPEndPoint where = await serve.ListeningAsync();
        IReadOnlyList<RawClient> clients = await RawClient.FloodAsync(where, Descriptors);
        await serve.Errors.LineWithAsync("out of descriptors");

        (await _stage.RunAsync("status")).IsDone();
        foreach (RawClient client in clients)
            client.Dispose();
    }

    [Fact]
    public async Task Servers_are_listed_chosen_and_changed()
    {
        (ProgramProcess Program, IPEndPoint EndPoint) one =
            await _stage.ServeAsync("--model", "epoll", "--max-connections", "7");
        (ProgramProcess Program, IPEndPoint EndPoint) two = await _stage.ServeAsync("--model", "pool");
        await using ProgramProcess first = one.Program;
        await using ProgramProcess second = two.Program;
        string port = $"{one.EndPoint.Port}";
        string socket = Path.Combine(_stage.Sockets, $"{second.Id}.sock");
        await Patience.UntilAsync(() => File.GetUnixFileMode(socket) == SocketMode);
        using RawClient client = await PingAsync(one.EndPoint);

        ProgramResult text = await _stage.RunAsync("status");
        text.IsDone();
        Assert.Matches($@"(?m)^ping 127\.0\.0\.1:{port} \(pid {first.Id}\): epoll, up ", text.Text);
        Assert.Matches($@"(?m)^ping 127\.0\.0\.1:{two.EndPoint.Port} \(pid {second.Id}\): pool, up ", text.Text);
        Assert.Matches(@"(?m)^1 connection; 1 accepted, 9 B received, 9 B sent$", text.Text);
        Assert.Matches(@"(?m)^max-connections +1 +1 +7 +0$", text.Text);
        Assert.Matches(
            $@"(?m)^ *1  {client.LocalEndPoint} +\S+ m?s +\S+ m?s +9 B +9 B  resting   hawser epoll \d$", text.Text);

        ProgramResult several = await _stage.RunAsync("status", "close", "1");
        several.IsError(2, "several servers run: ping 127.0.0.1:");
        string chosen = Regex.Match(several.Errors, @"; choose one, as with --server (\d+)$").Groups[1].Value;
        Assert.Contains(chosen, (string[])[port, $"{two.EndPoint.Port}"]);
        (await _stage.RunAsync("status", "drain", "--server", "ping")).IsError(
            2, "--server: 'ping' matches several servers: ping 127.0.0.1:");
        ProgramResult closed = await _stage.RunAsync("status", "close", "1", "--server", port);
        closed.IsDone();
        Assert.StartsWith("closed connection 1 of ping ", closed.Text, StringComparison.Ordinal);
        Assert.True(await client.EndsByResetAsync());
        await first.Errors.LineWithAsync("hawser status closed connection 1");

        (await _stage.RunAsync(
            "status", "limits", "set", "max-connections=3", "idle-timeout=1m", "--server", port)).IsDone();
        await first.Errors.LineWithAsync("hawser status set max-connections=3, idle-timeout=1m");
        using RawClient next = await PingAsync(one.EndPoint);
        ProgramResult json = await _stage.RunAsync("status", "--json", "--server", port);
        json.IsDone();
        JsonElement[] lines = [.. json.Text.Split('\n')[..^1].Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(2, lines.Length);
        JsonOutputTest.AssertIs("status.server", lines[0]);
        JsonOutputTest.AssertIs("status.connection", lines[1]);
        Assert.Equal(3, lines[0].GetProperty("limits")[0].GetProperty("limit").GetInt32());
        Assert.Equal($"{next.LocalEndPoint}", lines[1].GetProperty("peer").GetString());

        ProgramResult elsewhere = await ProgramProcess.RunAsync(
            "status", "--socket", Path.Combine(_stage.Sockets, $"{first.Id}.sock"));
        elsewhere.IsDone();
        Assert.StartsWith($"ping 127.0.0.1:{port} ", elsewhere.Text, StringComparison.Ordinal);
        (await _stage.RunAsync("status", "--socket", _stage["none"])).IsError(
            1, $"{_stage["none"]}: no such socket or directory");

        (await _stage.RunAsync("status", "drain", "--server", port)).IsDone();
        Assert.Equal(0, (await first.EndAsync()).ExitCode);
        Assert.Equal([socket], Directory.GetFiles(_stage.Sockets));
        second.Signal(ProgramProcess.SIGKILL);
        await second.EndAsync();
        (await _stage.RunAsync("status")).IsError(1, "no server of this user is running");
        Assert.Empty(Directory.GetFiles(_stage.Sockets));
    }

    [Theory]
    [InlineData("max-connections", "NAME=VALUE: 'max-connections' has no value; use max-connections=VALUE")]
    [InlineData("idle-timeout 5s", "NAME=VALUE: 'idle-timeout' has no value; use idle-timeout=5s")]
    [InlineData("idle-timeout max-connections=3",
        "NAME=VALUE: 'idle-timeout' has no value; use idle-timeout=VALUE")]
    [InlineData("max-connections=3 5s", "NAME=VALUE: unknown limit '5s'; use one of max-connections, ")]
    [InlineData("max-connections=0",
        "NAME=VALUE: max-connections: '0' is out of bounds; use a whole number from 1 to 10000000")]
    [InlineData("idle-timeuot=1s", "NAME=VALUE: unknown limit 'idle-timeuot'; did you mean 'idle-timeout'?")]
    [InlineData("rate-limit=1MB/s",
        "NAME=VALUE: rate-limit: cannot change while the server runs; restart it with --rate-limit")]
    public void A_bad_limit_is_refused_before_any_server_is_asked(string change, string error)
    {
        string[] words = ["status", "limits", "set", .. change.Split(' ')];
        var refused = Assert.Throws<UsageException>(
            () => UsageCheck.Check(VerbCatalog.CreateRoot(words).Parse(words)));
        Assert.StartsWith(error, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_directory_a_server_runs_and_warns_once()
    {
        (string, string)[] nowhere = [("XDG_RUNTIME_DIR", _stage["missing"])];
        foreach (string[] option in (string[][])[[], ["--no-status"]])
        {
            await using ProgramProcess server = ProgramProcess.Start(
                nowhere, readOutput: true, ["serve", "ping", "--port", "0", .. option]);
            IPEndPoint endPoint = await server.ListeningAsync();
            if (option.Length == 0)
                await server.Errors.LineWithAsync($"WARNING: no status socket: no such directory: {_stage["missing"]}");
            using RawClient client = await PingAsync(endPoint);

            server.Signal(ProgramProcess.SIGTERM);
            ProgramResult result = await server.EndAsync();

            Assert.Equal(0, result.ExitCode);
            Assert.Equal(1 - option.Length, result.Errors.Split("WARNING").Length - 1);
        }
    }

    [Fact]
    public async Task A_server_is_chosen_by_an_IPv6_address_with_its_port()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "needs IPv6");
        (ProgramProcess program, IPEndPoint endPoint) = await _stage.ServeAsync("--host", "::1");
        await using ProgramProcess server = program;

        ProgramResult chosen = await _stage.RunAsync("status", "--server", $"[::1]:{endPoint.Port}");

        chosen.IsDone();
        Assert.StartsWith($"ping [::1]:{endPoint.Port} (pid {server.Id})", chosen.Text, StringComparison.Ordinal);
        (await _stage.RunAsync("status", "--server", "[::1]:1")).IsError(1, "no server '[::1]:1' is running");
    }

    [Fact]
    public async Task All_services_of_a_process_are_shown_and_drain_together()
    {
        await using ProgramProcess server = _stage.Start("serve", "--port-base", "0");
        await server.ListeningAsync(onErrors: true);
        using RawClient client = await _stage.ConnectAsync(server.Id);
        await client.SendAsync("""{"command":"limits","server":"upload","set":{"idle-timeout":"9s"}}""" + "\n");
        Assert.Equal("{\"type\":\"end\"}", await client.ReceiveLineAsync());

        ProgramResult text = await _stage.RunAsync("status", "limits");
        ProgramResult json = await _stage.RunAsync("status", "limits", "--json");
        (await _stage.RunAsync("status", "drain")).IsDone();

        foreach (string service in (string[])["ping", "message", "upload", "numbers", "clock"])
            Assert.Matches($@"(?m)^{service} \S+ \(pid {server.Id}\)$", text.Text);
        Assert.Equal(4, Regex.Count(text.Text, $@"\n\n\S+ \S+ \(pid {server.Id}\)\n"));
        Assert.Single(text.Text.Split('\n'), line => Regex.IsMatch(line, "^idle-timeout +9 s +0  set$"));
        Assert.Equal(5, Regex.Count(text.Text, "(?m)^max-handshakes +0 +0 +[0-9]+ +0  restart$"));
        string[] lines = json.Text.TrimEnd('\n').Split('\n');
        Assert.Equal(5, lines.Length);
        Assert.All(lines, line => JsonOutputTest.AssertIs("status.server", JsonDocument.Parse(line).RootElement));
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task Servers_on_one_address_are_told_apart_by_their_sockets()
    {
        const string Answer = """
            {"type":"server","protocol":1,"pid":1,"name":"ping","model":"epoll","listeners":["127.0.0.1:7"],"uptime_seconds":1,
            "draining":false,"connections":0,"queued":0,"accepted":0,"bytes_received":0,"bytes_sent":0,"limits":[]}
            |{"type":"end"}|
            """;
        foreach (int process in (int[])[1, 2])
            AnswerOnce(process, Answer.ReplaceLineEndings("").Replace('|', '\n'));

        (await _stage.RunAsync("status", "close", "1", "--server", "7")).IsError(
            2, $"; choose one, as with --server ping --socket {Path.Combine(_stage.Sockets, "1.sock")}");
    }

    [Fact]
    public async Task Sockets_that_answer_nonsense_are_left_out()
    {
        string[] answers =
        [
            "junk", "{\"type\":\"server\"}\n", "{\"type\":\"error\",\"message\":\"\\u001b[2J\"}\n", "\u001b[2J\n",
            new('x', 1_000_000), "", "{\"type\":\"error\"}\n",
            ServerWith("\"listeners\":[null],\"limits\":[]"), ServerWith("\"listeners\":[],\"limits\":[null]"),
            ServerWith("\"listeners\":[],\"limits\":[{\"hits\":0,\"changeable\":false}]"),
        ];
        foreach ((int index, string answer) in answers.Index())
            AnswerOnce(1 + index, answer);

        ProgramResult result = await _stage.RunAsync("status");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("", result.Text);
        string[] lines = result.Errors.Split('\n')[..^1];
        Assert.Equal(answers.Length + 1, lines.Length);
        Assert.All(lines[..^1], line => Assert.StartsWith("WARNING: ", line, StringComparison.Ordinal));
        Assert.Equal("ERROR: no server of this user answers", lines[^1]);
        Assert.DoesNotContain('\u001b', result.Errors);

        static string ServerWith(string members) =>
            "{\"type\":\"server\",\"protocol\":1,\"pid\":1,\"name\":\"ping\",\"model\":\"epoll\",\"uptime_seconds\":1,"
            + "\"draining\":false,\"connections\":0,\"queued\":0,\"accepted\":0,\"bytes_received\":0,"
            + $"\"bytes_sent\":0,{members}}}\n{{\"type\":\"end\"}}\n";
    }

    [Theory]
    [InlineData]
    [InlineData("--json")]
    public async Task Text_of_a_peer_does_not_reach_the_terminal_as_it_is(params string[] options)
    {
        AnswerOnce(Environment.ProcessId, """
            {"type":"server","protocol":1,"pid":1,"name":"ping","model":"epoll","listeners":["127.0.0.1:1"],"uptime_seconds":1e300,
            "draining":false,"connections":1,"queued":0,"accepted":1,"bytes_received":1,"bytes_sent":1,"limits":[]}
            |{"type":"connection","pid":1,"server":"ping","id":1,"peer":"\u001b[2J\r\nx","age_seconds":-1,
            "accepted_at":"2026-01-01T00:00:00Z","idle_seconds":1,"bytes_received":-1,"bytes_sent":1,
            "activity":"\u009b31m","tls":"TLS 1.3","tls_name":"\u202egro.elpmaxe"}
            |{"type":"end"}|
            """.ReplaceLineEndings("").Replace('|', '\n'));

        ProgramResult result = await _stage.RunAsync(["status", .. options]);

        result.IsDone();
        Assert.Contains("u001B[2J", result.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(result.Text, c => (char.IsControl(c) && c != '\n') || c == '\u202e');
    }

    private static async Task<RawClient> PingAsync(IPEndPoint server)
    {
        RawClient client = await RawClient.ConnectAsync(server);
        await client.SendAsync("ping 0 1\n");
        Assert.Equal("pong 0 1", await client.ReceiveLineAsync());
        return client;
    }

    /// <summary>Pretends to be a server, which gives this answer to the first request.</summary>
    private void AnswerOnce(int process, string answer)
    {
        Directory.CreateDirectory(_stage.Sockets, SocketMode | UnixFileMode.UserExecute);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(_stage.Sockets, $"{process}.sock")));
        socket.Listen();
        _ = AnswerAsync();

        async Task AnswerAsync()
        {
            using Socket listener = socket;
            using Socket peer = await listener.AcceptAsync();
            await peer.ReceiveAsync(new byte[4096]);
            await peer.SendAsync(Encoding.UTF8.GetBytes(answer));
        }
    }
}
