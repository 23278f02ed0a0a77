using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Hawser.App.CommandLine;
using Hawser.App.Serving;
using Hawser.App.Serving.Configuration;
using Hawser.App.Serving.Systemd;
using Hawser.App.Verbs;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Serving;

/// <summary>Sockets from systemd, and the notifications to it.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class SystemdTest : IDisposable
{
    private const string Activate = "/usr/bin/systemd-socket-activate";
    private const int SIGHUP = 1;
    private const int F_DUPFD_CLOEXEC = 1030;
    private const int Process = 4242;

    private const int FirstDescriptor = 900;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_server_notifies_systemd_of_its_state_and_feeds_the_watchdog()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "systemd is of Linux");
        using Socket systemd = Listen(_folder["notify"]);
        await using ProgramProcess server = ProgramProcess.Start(
            [("NOTIFY_SOCKET", _folder["notify"]), ("WATCHDOG_USEC", "100000")], true, "serve", "ping", "--port", "0");

        Assert.Equal("READY=1", await ReceiveAsync(systemd));
        for (int i = 0; i < 3; i++)
            Assert.Equal("WATCHDOG=1", await ReceiveAsync(systemd));
        server.Signal(SIGHUP);
        Assert.Matches(@"^RELOADING=1\nMONOTONIC_USEC=\d+$", await ReceiveNewsAsync(systemd));
        Assert.Equal("READY=1", await ReceiveNewsAsync(systemd));
        server.Signal(ProgramProcess.SIGTERM);
        Assert.Equal("STOPPING=1", await ReceiveNewsAsync(systemd));
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
    }

    [Theory]
    [InlineData("threads")]
    [InlineData("epoll")]
    public async Task A_server_serves_at_the_socket_of_systemd_and_leaves_it_open(string model)
    {
        Assert.SkipUnless(File.Exists(Activate), "needs systemd-socket-activate");
        string path = _folder["socket"];
        await using ProgramProcess server = ProgramProcess.StartForeign(Activate, "--fdname=other", "-l", path,
            Environment.ProcessPath is { } own && own.EndsWith("/dotnet", StringComparison.Ordinal) ? own : Dotnet(),
            "exec", System.IO.Path.Combine(AppContext.BaseDirectory, "hawser.dll"), "serve", "ping", "--model", model);
        await server.Errors.ContainsAsync("Listening on");
        await PingAsync(new UnixDomainSocketEndPoint(path));
        await server.Output.LineWithAsync($"Listening on unix:{path}");

        server.Signal(ProgramProcess.SIGTERM);

        Assert.Equal(0, (await server.EndAsync()).ExitCode);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task Sockets_go_to_the_services_of_their_names()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "systemd is of Linux");
        using Socket first = ListenTcp();
        using Socket second = ListenTcp();
        IReadOnlyList<ServiceRun> runs = Adopt(DuplicateInARow(first, second), "upload:ping");

        Assert.Equal([first.LocalEndPoint, second.LocalEndPoint, null], ((ServiceRun[])[
            runs.Single(run => run.Service.Name == "upload"), runs.Single(run => run.Service.Name == "ping"),
            runs.Single(run => run.Service.Name == "clock")])
            .Select(run => run.Options.Sockets.SingleOrDefault()?.LocalEndPoint));
        Assert.All(runs, run => Assert.Equal(run.Options.Sockets.Count == 0 ? 1 : 0, run.Options.EndPoints.Count));

        // A stop closes the descriptor and leaves the socket listening.
        ServiceRun ping = runs.Single(run => run.Service.Name == "ping");
        await using (Server server = Server.Start(new LambdaHandler(Handlers.EchoAsync), ping.Options))
        {
            Assert.Equal(second.LocalEndPoint, Assert.Single(server.EndPoints));
            using RawClient client = await RawClient.ConnectAsync(second.LocalEndPoint!);
            await client.SendAsync("e");
            await client.ReceiveExactlyAsync(1);
        }
        using RawClient waiting = await RawClient.ConnectAsync(second.LocalEndPoint!);
        Assert.True(second.Poll(Patience.Limit, SelectMode.SelectRead));
        runs.Single(run => run.Service.Name == "upload").Options.Sockets[0].Dispose();
    }

    [Fact]
    public void Descriptors_that_cannot_be_served_are_errors()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "systemd is of Linux");
        using Socket listening = ListenTcp();
        using var idle = new Socket(SocketType.Stream, ProtocolType.Tcp);

        Assert.Equal("LISTEN_FDNAMES: 'pong' is not a service that is served; "
            + "use FileDescriptorName=ping or message or upload or numbers or clock",
            Assert.Throws<UsageException>(() => Adopt(Duplicate(listening), "pong", count: 1)).Message);
        int descriptor = Duplicate(idle);
        Assert.Equal(
            $"LISTEN_FDS: descriptor {descriptor} is not a listening socket; use ListenStream= with Accept=no",
            Assert.Throws<UsageException>(() => Adopt(descriptor, "ping", count: 1)).Message);
        Assert.StartsWith("LISTEN_FDS: 'many' is not", Assert.Throws<UsageException>(
            () => SystemdSockets.Adopt(Runs(), Variables("many", ""), Process)).Message, StringComparison.Ordinal);
        // For another process.
        Assert.All(SystemdSockets.Adopt(Runs(), Variables("1", "ping"), Process + 1),
            run => Assert.Empty(run.Options.Sockets));
    }

    [Fact]
    public void An_environment_that_systemd_does_not_make_is_no_reason_not_to_serve()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "systemd is of Linux");
        Assert.Null(Find('/' + new string('x', 107), "1"));
        using SystemdNotifier notifier = Find('@' + new string('x', 106), $"{ulong.MaxValue}")!;
        notifier.Ready();
        notifier.Watch(() => true);
        Assert.Equal(TimeSpan.FromDays(1), notifier.WatchdogTimeout);

        static SystemdNotifier? Find(string address, string microseconds) => SystemdNotifier.Find(
            new Dictionary<string, string> { ["NOTIFY_SOCKET"] = address, ["WATCHDOG_USEC"] = microseconds }, Process);
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task The_watchdog_starves_when_a_connection_waits_and_none_is_served(string model)
    {
        using var go = new ManualResetEventSlim();
        using var logs = new ServeLogs(errorsOnly: true, isJson: false);
        var observer = new ServeObserver("ping", "", logs, [], null, TextWriter.Null, TextWriter.Null, isVerbose: false, isJson: false);
        await using TestServer server = TestServer.Start(model, connection =>
        {
            go.Wait(Patience.Limit);
            return Task.CompletedTask;
        }, options => options with
        {
            Observer = observer,
            ModelOptions = new Hawser.Models.ModelOptions { Loops = 1 },
            Layers = [],
        });
        var watch = new AcceptWatch(server.Server, observer, holdsBack: false);
        Assert.True(watch.IsAlive());
        Assert.True(watch.IsAlive());

        using RawClient first = await RawClient.ConnectAsync(server.EndPoint);
        await Patience.UntilAsync(() => observer.Arrived == 1);
        using RawClient second = await RawClient.ConnectAsync(server.EndPoint);
        await Patience.UntilAsync(() => server.Server.HasPending);

        Assert.True(watch.IsAlive());
        Assert.False(watch.IsAlive());
        Assert.True(new AcceptWatch(server.Server, observer, holdsBack: true) is { } patient
            && patient.IsAlive() && patient.IsAlive());
        go.Set();
        await Patience.UntilAsync(() => observer.Arrived == 2);
        Assert.True(watch.IsAlive());
    }

    private static string Dotnet() => Environment.GetEnvironmentVariable("PATH")!.Split(':')
        .Select(folder => System.IO.Path.Combine(folder, "dotnet")).First(File.Exists);

    private static async Task PingAsync(EndPoint server)
    {
        using RawClient client = await RawClient.ConnectAsync(server);
        await client.SendAsync("ping 0 1\n");
        Assert.Equal("pong 0 1", await client.ReceiveLineAsync());
    }

    private static IReadOnlyList<ServiceRun> Adopt(int first, string names, int count = 2) =>
        SystemdSockets.Adopt(Runs(), Variables($"{count}", names), Process, first);

    private static IReadOnlyList<ServiceRun> Runs()
    {
        string[] words = ["serve"];
        return ServePlan.Read(VerbCatalog.CreateRoot(words).Parse(words), words, new Dictionary<string, string>()).Services;
    }

    private static Dictionary<string, string> Variables(string count, string names) => new()
    {
        ["LISTEN_PID"] = $"{Process}",
        ["LISTEN_FDS"] = count,
        ["LISTEN_FDNAMES"] = names,
    };

    private static Socket ListenTcp()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    /// <returns>The lowest free descriptor from a number on.</returns>
    private static int Duplicate(Socket socket, int lowest = FirstDescriptor) =>
        fcntl((int)socket.SafeHandle.DangerousGetHandle(), F_DUPFD_CLOEXEC, lowest);

    /// <returns>The first of two descriptors. Other tests of this process take some at the same time.</returns>
    private static int DuplicateInARow(Socket first, Socket second)
    {
        for (int one = Duplicate(first), tries = 0; tries < 100; tries++)
        {
            int two = Duplicate(second, one + 1);
            if (two == one + 1)
                return one;
            new SafeSocketHandle(one, ownsHandle: true).Dispose();
            new SafeSocketHandle(two, ownsHandle: true).Dispose();
            one = Duplicate(first, two);
        }
        throw new InvalidOperationException("no two descriptors in a row");
    }

    private static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        byte[] buffer = new byte[1024];
        int received = await socket.ReceiveAsync(buffer).WaitAsync(ProgramProcess.Limit);
        return Encoding.ASCII.GetString(buffer, 0, received);
    }

    private static async Task<string> ReceiveNewsAsync(Socket socket)
    {
        string state;
        while ((state = await ReceiveAsync(socket)) == "WATCHDOG=1")
        {
        }
        return state;
    }

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, int argument);
}
