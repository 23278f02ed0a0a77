using System.Net;
using System.Text.RegularExpressions;
using Hawser.App.Lab;
using Hawser.App.Lab.Processes;
using Hawser.App.Lab.Trials;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class ServerProcessTest
{
    private static readonly string Hawser =
        $"dotnet exec {ShellWords.Quote(Path.Combine(AppContext.BaseDirectory, "hawser.dll"))}";

    [Fact]
    public async Task A_start_that_is_cancelled_already_ends()
    {
        LabVariant variant = Variant(new LabSubject("select", "select", null));

        Task start = ServerProcess.StartAsync(variant, null, new CancellationToken(canceled: true));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start.WaitAsync(ProgramProcess.Limit));
    }

    [Fact]
    public async Task A_command_is_started_on_a_free_port_and_killed_with_its_descendants()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are sampled from /proc");
        string served = $"{Hawser} serve ping --model select --port {{port}}";
        EndPoint address;
        await using (ServerProcess server = await StartAsync($"sh -c '{served} & wait'"))
        {
            address = IPEndPoint.Parse(server.Address);
            using Connection client = await Dialer.ConnectAsync(address, Patience.Limit);
            ProcessSample sample = server.TrySample()!;
            // The shell alone has one thread.
            Assert.InRange(sample.Threads, 3, 1000);
            Assert.InRange(sample.Cpu, TimeSpan.FromMilliseconds(10), ProgramProcess.Limit);
            Assert.InRange(sample.Descriptors!.Value, 10, 1000);
        }
        ConnectException refused = await Assert.ThrowsAsync<ConnectException>(
            () => Dialer.ConnectAsync(address, Patience.Limit));
        Assert.Contains("refused the connection", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Idle_connections_of_a_command_are_seen_in_its_sockets()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are sampled from /proc");
        await using ServerProcess server = await StartAsync(
            $"{Hawser} serve ping --model epoll --port {{port}}", idle: 20);
        Assert.InRange(ProcessSample.SocketsOf(server.Id), 1, 18);
        using IdleConnections idle =
            await IdleConnections.OpenAsync(IPEndPoint.Parse(server.Address), 20, CancellationToken.None);

        await server.AcceptIdleAsync(CancellationToken.None);

        Assert.InRange(ProcessSample.SocketsOf(server.Id), 20, 38);
    }

    [Theory]
    [InlineData("sh -c \"echo first >&2; echo 'no luck at {port}' >&2; exit 3\"",
        @"^c did not start: exit code 3, no luck at \d+$")]
    [InlineData("sh -c 'echo only on the output {port}'",
        @"^c did not start: exit code 0, only on the output \d+$")]
    [InlineData("sh -c 'sleep 5 & exit 4' {port}", "^c did not start: exit code 4$")]
    [InlineData("nowhere/none {port}", "^c did not start: cannot start nowhere/none: ")]
    public async Task A_command_exiting_at_startup_is_reported_with_its_last_output(string command, string message)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the commands need a shell");

        LabException failed = await Assert.ThrowsAsync<LabException>(() => StartAsync(command));

        Assert.Matches(message, failed.Message);
    }

    [Fact]
    public async Task A_command_that_never_listens_is_given_up_and_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the command needs a shell");

        LabException failed = await Assert.ThrowsAsync<LabException>(() => StartAsync(
            "sh -c 'echo idling >&2; exec sleep 600' {port}", limit: TimeSpan.FromSeconds(1)));

        Assert.Matches(new Regex(@"^c did not listen on port \d+ within 1 s, idling$"), failed.Message);
    }

    [Fact]
    public async Task A_command_exiting_later_is_reported_with_its_last_output()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the command needs a shell");
        // The shell ends when its child does.
        string served = $"{Hawser} serve ping --model select --port {{port}} >/dev/null 2>&1";
        await using ServerProcess server = await StartAsync($"sh -c '{served} & wait $!; echo gone >&2; exit 9'");
        Assert.Null(await server.FindDeathAsync());
        ProgramProcess.Signal(ProcessSample.DescendantsOf(server.Id).Single(), ProgramProcess.SIGKILL);

        string? death = null;
        for (int looks = 0; death is null && looks < 10_000; looks++)
        {
            await Task.Delay(1);
            death = await server.FindDeathAsync();
        }

        Assert.Equal("c ended: exit code 9, gone", death);
    }

    private static Task<ServerProcess> StartAsync(string command, int idle = 0, TimeSpan? limit = null) =>
        ServerProcess.StartAsync(
            Variant(LabSubject.Parse($"c={command}"), idle), null, CancellationToken.None, limit)
            .WaitAsync(ProgramProcess.Limit);

    private static LabVariant Variant(LabSubject subject, int idle = 0) =>
        new(subject, new LabSetting(Clients: 1, Idle: idle));
}
