using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Hawser.App.Serving;
using Hawser.App.Serving.Configuration;
using Hawser.App.Serving.Takeover;
using Hawser.App.Verbs;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Serving;

/// <summary>A new server takes the sockets of the one that runs.</summary>
[SupportedOSPlatform("linux")]
public sealed class TakeoverTest : IDisposable
{
    private const int Clients = 8;
    private const int Generations = 2;

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["takeover"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("threads")]
    [InlineData("epoll")]
    public async Task Under_load_no_connection_is_refused_or_cut(string model)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "passes sockets as Linux does");
        ProgramProcess server = Serve(model);
        IPEndPoint where = await OfferedByAsync(server);
        string metrics = await MetricsAsync(server);
        string dashboard = await DashboardAsync(server);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        using var stop = new CancellationTokenSource();
        using var http = new HttpClient { Timeout = ProgramProcess.Limit };
        var errors = new ConcurrentQueue<Exception>();
        long[] pongs = new long[Clients];
        Task[] load = [.. Enumerable.Range(0, Clients).Select(client => Task.Run(() => PingAsync(client)))];
        await Patience.UntilAsync(() => pongs.Sum() > 100);

        for (int generation = 0; generation < Generations; generation++)
        {
            // In the middle of a message.
            using RawClient slow = await RawClient.ConnectAsync(where);
            await slow.SendAsync("ping 7 ");
            await ServedByAsync(where);
            await using ProgramProcess old = server;
            server = Serve(model, PortOf(metrics), PortOf(dashboard));
            Assert.Equal(where, await server.ListeningAsync());
            Assert.Equal(metrics, await MetricsAsync(server));
            Assert.Equal(dashboard, await DashboardAsync(server));
            await old.Errors.LineWithAsync("taken over: the new server accepts connections");
            await slow.SendAsync("1\n");
            Assert.Equal("pong 7 1", await slow.ReceiveLineAsync());
            slow.FinishSending();
            Assert.Equal(0, (await old.EndAsync()).ExitCode);
            Assert.Equal("ready\n", await http.GetStringAsync(new Uri($"http://{metrics}/readyz")));
            Assert.StartsWith(
                "<!doctype html>", await http.GetStringAsync(new Uri($"http://{dashboard}/")), StringComparison.Ordinal);
            long before = pongs.Sum();
            await Patience.UntilAsync(() => pongs.Sum() > before + 100);
        }
        await stop.CancelAsync();
        await Task.WhenAll(load).Bounded();

        Assert.Empty(errors);
        server.Signal(ProgramProcess.SIGTERM);
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
        Assert.False(File.Exists(Path));
        await server.DisposeAsync();

        async Task PingAsync(int client)
        {
            try
            {
                while (!stop.IsCancellationRequested)
                {
                    await ServedByAsync(where);
                    pongs[client]++;
                }
            }
            catch (Exception e)
            {
                errors.Enqueue(e);
            }
        }
    }

    [Fact]
    public async Task If_the_new_server_fails_the_old_one_serves_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "passes sockets as Linux does");
        await using ProgramProcess server = Serve("epoll");
        IPEndPoint where = await OfferedByAsync(server);
        using (var thief = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await thief.ConnectAsync(new UnixDomainSocketEndPoint(Path)).Bounded();
            thief.Send(TakeoverProtocol.Take);
            byte[] message = new byte[100];
            int received = await thief.ReceiveAsync(message).Bounded();
            Assert.Equal("hawser-takeover 1\nping\nmetrics\ndashboard\n\n", Encoding.ASCII.GetString(message, 0, received));
            using RawClient waiting = await RawClient.ConnectAsync(where);
            await waiting.SendAsync("ping 0 1\n");
            thief.Dispose();
            Assert.Equal("pong 0 1", await waiting.ReceiveLineAsync());
        }
        await server.Errors.LineWithAsync("WARNING: --takeover: the new server did not start; this one serves on");

        // A port that is not taken over stays with the old server, which ends.
        await using ProgramProcess other = ProgramProcess.Start(
            "serve", "ping", "--port", "0", "--host", "127.0.0.2", "--takeover", Path);
        await other.Output.LineWithAsync("Listening on 127.0.0.2:");
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
        Assert.Equal(SocketError.ConnectionRefused,
            (await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(where))).SocketErrorCode);
    }

    [Fact]
    public async Task A_new_server_that_cannot_offer_leaves_the_old_one_serving()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "passes sockets as Linux does");
        await using ProgramProcess old = Serve("epoll");
        IPEndPoint where = await OfferedByAsync(old);
        _folder.Write($"takeover.{Environment.ProcessId}", []);
        using (var process = ServeProcess.Enter(Path))
        using (var logs = new ServeLogs(errorsOnly: true, isJson: false))
        {
            IReadOnlyList<ServiceRun> runs = process.Adopt(Runs(), TextWriter.Null);
            await using Server server = Server.Start(new LambdaHandler(Handlers.EchoAsync), runs[0].Options);
            Assert.Equal(where, Assert.Single(server.EndPoints));
            Assert.StartsWith($"--takeover: cannot listen at {Path}: ",
                Assert.Throws<IOException>(() => process.Start(runs, [server], [], [], logs)).Message,
                StringComparison.Ordinal);
        }
        await ServedByAsync(where);

        await using ProgramProcess next = Serve("epoll");
        Assert.Equal(where, await next.ListeningAsync());
        Assert.Equal(0, (await old.EndAsync()).ExitCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_old_server_that_ends_early_is_replaced_and_one_that_resumes_is_not(bool resumes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "passes sockets as Linux does");
        using Socket old = Listen(new UnixDomainSocketEndPoint(Path));
        using Socket listening = Listen(new IPEndPoint(IPAddress.Loopback, 0));
        await using ProgramProcess server = Serve("epoll");
        using (Socket successor = await old.AcceptAsync().Bounded())
        {
            // Removes its file.
            old.Dispose();
            Assert.Equal(TakeoverProtocol.Take.Length, successor.Receive(new byte[100]));
            DescriptorPassing.Send(successor, TakeoverProtocol.Write(["ping"]), [listening]);
            if (resumes)
                successor.Send(TakeoverProtocol.Resumed);
        }

        if (resumes)
        {
            ProgramResult result = await server.EndAsync();
            Assert.Equal(1, result.ExitCode);
            Assert.EndsWith("ERROR: --takeover: the start took longer than 30 s; the old server serves on\n",
                result.Errors, StringComparison.Ordinal);
        }
        else
        {
            await ServedByAsync((IPEndPoint)listening.LocalEndPoint!);
            await Patience.UntilAsync(() => File.Exists(Path));
            await using ProgramProcess next = Serve("epoll");
            Assert.Equal(listening.LocalEndPoint, await next.ListeningAsync());
            Assert.Equal(0, (await server.EndAsync()).ExitCode);
        }
    }

    [Fact]
    public async Task If_the_answer_comes_late_one_of_the_two_serves()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "passes sockets as Linux does");
        await using TestServer server = TestServer.Start("threads", Handlers.EchoAsync);
        for (int i = 0; i < 20; i++)
        {
            using var offer = new TakeoverOffer(Path, [("ping", server.Server)], TextWriter.Null)
            {
                Patience = TimeSpan.Zero,
            };
            offer.Open();
            using TakeoverRequest request = TakeoverRequest.Ask(Path, TextWriter.Null)!;
            (IReadOnlyList<Socket> taken, _) = request.Take("ping", [server.EndPoint]);
            Assert.Single(taken).Dispose();
            bool hasStarted = true;
            try
            {
                request.Start([]);
            }
            catch (IOException)
            {
                hasStarted = false;
            }
            if (hasStarted)
                await offer.Taken.Bounded();
            else
                TakeoverRequest.Ask(Path, TextWriter.Null)!.Dispose();
            Assert.Equal(hasStarted, offer.Taken.IsCompleted);
            server.Server.ResumeAccepting();
        }
    }

    /// <summary>The server stops accepting only for one that asks.</summary>
    [Fact]
    public async Task A_silent_successor_is_refused_while_the_server_accepts()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "passes sockets as Linux does");
        await using ProgramProcess server = Serve("epoll");
        IPEndPoint where = await OfferedByAsync(server);
        using RawClient silent = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(Path));

        await ServedByAsync(where);

        await server.Errors.LineWithAsync("WARNING: --takeover: refused a process that did not ask for the sockets");
        Assert.Empty(await silent.ReceiveToEndAsync());
    }

    [Fact]
    public async Task An_offer_outlasts_a_lack_of_descriptors()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/prlimit"), "needs prlimit");
        await using ProgramProcess old = Serve("epoll");
        IPEndPoint where = await OfferedByAsync(old);
        await AskAndLeaveAsync();
        await old.Errors.LineWithAsync("serves on");
        await LimitAsync("--nofile=3:");
        // An accept that already waits has its descriptor: this one uses it up.
        await AskAndLeaveAsync();
        await old.Errors.LineWithAsync("; trying again");
        await LimitAsync("--nofile=1024:");

        await using ProgramProcess next = Serve("epoll");
        Assert.Equal(where, await next.ListeningAsync());
        Assert.Equal(0, (await old.EndAsync()).ExitCode);

        // It awaits no answer, which the server may be unable to give.
        async Task AskAndLeaveAsync()
        {
            using RawClient client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(Path));
            await client.SendAsync(TakeoverProtocol.Take);
        }

        async Task LimitAsync(string limit)
        {
            await using var command = ProgramProcess.StartForeign("/usr/bin/prlimit", "--pid", $"{old.Id}", limit);
            Assert.Equal(0, (await command.EndAsync()).ExitCode);
        }
    }

    [Fact]
    public async Task A_path_that_is_no_socket_is_an_error()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "passes sockets as Linux does");
        _folder.Write("takeover", []);
        (await ProgramProcess.RunAsync("serve", "ping", "--port", "0", "--takeover", Path))
            .IsError(1, $"unix:{Path}: not a socket");
    }

    private ProgramProcess Serve(string model, string metrics = "0", string dashboard = "0") => ProgramProcess.Start(
        "serve", "ping", "--port", "0", "--model", model, "--takeover", Path, "--quiet", "--metrics", metrics,
        "--dashboard", dashboard);

    private async Task<IPEndPoint> OfferedByAsync(ProgramProcess server)
    {
        IPEndPoint where = await server.ListeningAsync();
        await Patience.UntilAsync(() => File.Exists(Path));
        return where;
    }

    private static string PortOf(string address) => address[(address.LastIndexOf(':') + 1)..];

    private static Task<string> MetricsAsync(ProgramProcess server) => AddressAsync(server, "metrics at http://");

    private static Task<string> DashboardAsync(ProgramProcess server) => AddressAsync(server, "dashboard at http://");

    private static async Task<string> AddressAsync(ProgramProcess server, string begin)
    {
        string line = await server.Errors.LineWithAsync(begin);
        return line[(line.IndexOf("//", StringComparison.Ordinal) + 2)..line.LastIndexOf('/')];
    }

    private static IReadOnlyList<ServiceRun> Runs()
    {
        string[] words = ["serve", "ping", "--port", "0"];
        return ServePlan.Read(
            VerbCatalog.CreateRoot(words).Parse(words), words, new Dictionary<string, string>()).Services;
    }

    private static Socket Listen(EndPoint where)
    {
        var socket = new Socket(where.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(where);
        socket.Listen();
        return socket;
    }

    /// <summary>One connection, from its first byte to its orderly end.</summary>
    private static async Task ServedByAsync(IPEndPoint where)
    {
        using RawClient client = await RawClient.ConnectAsync(where);
        await client.SendAsync("ping 0 1\n");
        client.FinishSending();
        Assert.Equal("pong 0 1\n", Encoding.ASCII.GetString(await client.ReceiveToEndAsync()));
    }
}
