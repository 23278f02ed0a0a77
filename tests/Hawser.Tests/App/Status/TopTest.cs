using System.Net;
using System.Runtime.Versioning;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Status;

/// <summary><c>hawser top</c> in a terminal of 60 by 20, which is tmux.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class TopTest : IAsyncDisposable
{
    private const int MoreThanFit = 30;

    private readonly StatusStage _stage = new();

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(_stage["tmux"]))
            await TmuxAsync("kill-server");
        _stage.Dispose();
    }

    [Fact]
    public async Task Without_a_terminal_there_is_one_error()
    {
        (await _stage.RunAsync("top")).IsError(1, "top needs a terminal; use hawser status");
        // The status socket would end an idle connection.
        (await _stage.RunAsync("top", "--interval", "2m")).IsError(
            2, "--interval: '2m' is out of bounds; use 100ms to 1m");
        ProgramResult never = await _stage.RunAsync("top", "--interval", "never");
        never.IsError(2, "--interval: ");
        Assert.DoesNotContain("or never", never.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_close_freeze_and_drain_and_the_end_is_told()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/tmux"), "needs tmux(1)");
        (ProgramProcess program, IPEndPoint endPoint) = await _stage.ServeAsync();
        await using ProgramProcess server = program;
        using RawClient client = await RawClient.ConnectAsync(endPoint);
        await client.SendAsync("ping 0 1\n");
        await client.ReceiveLineAsync();
        IReadOnlyList<RawClient> others = await RawClient.FloodAsync(endPoint, MoreThanFit);

        await OpenAsync("--interval 100ms");
        string screen = await WholeScreenAsync($"{client.LocalEndPoint}");
        AssertFits(screen, 20, "RECEIVED");
        Assert.Contains($"ping {endPoint} (pid {server.Id})", screen, StringComparison.Ordinal);
        Assert.Contains("q quit  s sort", screen, StringComparison.Ordinal);

        await PressAsync("s");
        await ScreenAsync("connections by idle");
        await PressAsync("f");
        await ScreenAsync("frozen; f continues");
        await PressAsync("f");
        await ScreenAsync("connections by idle");
        await PressAsync("c");
        Assert.True(await client.EndsByResetAsync());
        await ScreenAsync("closed connection ");
        await PressAsync("D");
        await ScreenAsync($"D again: drain all servers of process {server.Id}");
        await PressAsync("D");
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
        await ScreenAsync("the server ended at ");
        (ProgramProcess next, IPEndPoint nextEndPoint) = await _stage.ServeAsync();
        await using ProgramProcess successor = next;
        await ScreenAsync($"ping {nextEndPoint} (pid {next.Id})");
        await PressAsync("q");
        await ScreenAsync("ended with 0");
        Dispose(others);
    }

    [Fact]
    public async Task A_stopped_process_holds_up_no_other_and_may_continue()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/tmux"), "needs tmux(1)");
        (ProgramProcess first, IPEndPoint where) = await _stage.ServeAsync();
        await using ProgramProcess stopped = first;
        using RawClient victim = await RawClient.ConnectAsync(where);
        (ProgramProcess second, IPEndPoint endPoint) = await _stage.ServeAsync();
        await using ProgramProcess live = second;
        await OpenAsync("--interval 100ms");
        await ScreenAsync("1/2 ping");
        stopped.Signal(ProgramProcess.SIGSTOP);
        try
        {
            if ((await ScreenAsync("1/2 ping")).Contains($"(pid {live.Id})", StringComparison.Ordinal))
                await PressAsync("Tab");
            await ScreenAsync($"no answer from process {stopped.Id} at ");

            await PressAsync("Tab");
            using RawClient client = await RawClient.ConnectAsync(endPoint);
            await client.SendAsync("ping 0 1\n");
            await WholeScreenAsync($"{client.LocalEndPoint}");
            await PressAsync("Tab");
            await ScreenAsync($"no answer from process {stopped.Id} at ");
            await PressAsync("c");
        }
        finally
        {
            stopped.Signal(ProgramProcess.SIGCONT);
        }
        await ScreenAsync("closed connection ");
        Assert.True(await victim.EndsByResetAsync());
        await ScreenAsync("connections by id");
        await PressAsync("q");
        await ScreenAsync("ended with 0");
    }

    [Fact]
    public async Task A_terminal_of_another_size_is_drawn_anew_at_once()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/tmux"), "needs tmux(1)");
        (ProgramProcess program, IPEndPoint endPoint) = await _stage.ServeAsync();
        await using ProgramProcess server = program;
        IReadOnlyList<RawClient> clients = await RawClient.FloodAsync(endPoint, MoreThanFit);
        // Longer than the test has patience.
        await OpenAsync("--interval 1m");
        await ScreenAsync("RECEIVED");

        await TmuxAsync("resize-window", "-x", "100", "-y", "30");
        AssertFits(await WholeScreenAsync("AGE"), 30, "AGE");
        await TmuxAsync("resize-window", "-x", "60", "-y", "20");
        AssertFits(await WholeScreenAsync("RECEIVED\n"), 20, "RECEIVED");
        await PressAsync("q");
        Assert.Equal("ended with 0", (await ScreenAsync("ended with 0")).Trim('\n'));
        Dispose(clients);
    }

    /// <summary>Starts <c>hawser top</c> in a terminal of 60 by 20.</summary>
    private async Task OpenAsync(string options)
    {
        string top = $"dotnet exec '{Path.Combine(AppContext.BaseDirectory, "hawser.dll")}' top {options}";
        await TmuxAsync("-f", "/dev/null", "new-session", "-d", "-x", "60", "-y", "20",
            $"XDG_RUNTIME_DIR='{_stage.Root}' {top}; echo ended with $?; read line");
    }

    /// <summary>The whole screen is drawn, once, and no line is cut.</summary>
    private static void AssertFits(string screen, int height, string lastColumn)
    {
        string[] lines = screen.TrimEnd('\n').Split('\n');
        Assert.Equal(height, lines.Length);
        Assert.StartsWith("ping 127.0.0.1:", lines[0], StringComparison.Ordinal);
        Assert.EndsWith($" {lastColumn}", Assert.Single(lines, line => line.Contains(" ID PEER ", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.EndsWith("Tab server", lines[^1], StringComparison.Ordinal);
        Assert.Single(lines, line => line.Contains("q quit", StringComparison.Ordinal));
    }

    private static void Dispose(IEnumerable<RawClient> clients)
    {
        foreach (RawClient client in clients)
            client.Dispose();
    }

    private async Task PressAsync(string key) => Assert.Equal("", await TmuxAsync("send-keys", key));

    /// <summary>Waits for a screen of <c>top</c> with a text. Its last line is drawn last.</summary>
    private Task<string> WholeScreenAsync(string part) => ScreenAsync(screen =>
        screen.Contains(part, StringComparison.Ordinal)
            && screen.TrimEnd('\n').EndsWith("Tab server", StringComparison.Ordinal), part);

    /// <summary>Waits until the screen has this text.</summary>
    private Task<string> ScreenAsync(string part) =>
        ScreenAsync(screen => screen.Contains(part, StringComparison.Ordinal), part);

    private async Task<string> ScreenAsync(Func<string, bool> isMeant, string part)
    {
        for (int look = 0; ; look++)
        {
            string screen = await TmuxAsync("capture-pane", "-p");
            if (isMeant(screen))
                return screen;
            // Each look is a process: some 20 s in all.
            Assert.True(look < 2_000, $"no '{part}' on the screen:\n{screen}");
        }
    }

    private async Task<string> TmuxAsync(params string[] arguments)
    {
        await using ProgramProcess tmux = ProgramProcess.StartForeign("tmux", ["-S", _stage["tmux"], .. arguments]);
        return (await tmux.EndAsync()).Text;
    }
}
