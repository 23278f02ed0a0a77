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
    private readonly TmuxTerminal _terminal;

    public TopTest() => _terminal = new TmuxTerminal(_stage["tmux"]);

    public async ValueTask DisposeAsync()
    {
        await _terminal.DisposeAsync();
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
        TmuxTerminal.Require();
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
        Assert.Contains("q quit  ↑↓ row  s sort", screen, StringComparison.Ordinal);

        await _terminal.PressAsync("s");
        await _terminal.ScreenAsync("connections by idle");
        await _terminal.PressAsync("f");
        await _terminal.ScreenAsync("frozen; f continues");
        await _terminal.PressAsync("f");
        await _terminal.ScreenAsync("connections by idle");
        await _terminal.PressAsync("c");
        Assert.True(await client.EndsByResetAsync());
        await _terminal.ScreenAsync("closed connection ");
        await _terminal.PressAsync("D");
        await _terminal.ScreenAsync($"D again: drain all servers of process {server.Id}");
        await _terminal.PressAsync("D");
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
        await _terminal.ScreenAsync("the server ended at ");
        (ProgramProcess next, IPEndPoint nextEndPoint) = await _stage.ServeAsync();
        await using ProgramProcess successor = next;
        await _terminal.ScreenAsync($"ping {nextEndPoint} (pid {next.Id})");
        await _terminal.PressAsync("q");
        await _terminal.ScreenAsync("ended with 0");
        Dispose(others);
    }

    [Fact]
    public async Task A_stopped_process_holds_up_no_other_and_may_continue()
    {
        TmuxTerminal.Require();
        (ProgramProcess first, IPEndPoint where) = await _stage.ServeAsync();
        await using ProgramProcess stopped = first;
        using RawClient victim = await RawClient.ConnectAsync(where);
        (ProgramProcess second, IPEndPoint endPoint) = await _stage.ServeAsync();
        await using ProgramProcess live = second;
        await OpenAsync("--interval 100ms");
        await _terminal.ScreenAsync("1/2 ping");
        stopped.Signal(ProgramProcess.SIGSTOP);
        try
        {
            if ((await _terminal.ScreenAsync("1/2 ping")).Contains($"(pid {live.Id})", StringComparison.Ordinal))
                await _terminal.PressAsync("Tab");
            await _terminal.ScreenAsync($"no answer from process {stopped.Id} at ");

            await _terminal.PressAsync("Tab");
            using RawClient client = await RawClient.ConnectAsync(endPoint);
            await client.SendAsync("ping 0 1\n");
            await WholeScreenAsync($"{client.LocalEndPoint}");
            await _terminal.PressAsync("Tab");
            await _terminal.ScreenAsync($"no answer from process {stopped.Id} at ");
            await _terminal.PressAsync("c");
        }
        finally
        {
            stopped.Signal(ProgramProcess.SIGCONT);
        }
        await _terminal.ScreenAsync("closed connection ");
        Assert.True(await victim.EndsByResetAsync());
        await _terminal.ScreenAsync("connections by id");
        await _terminal.PressAsync("q");
        await _terminal.ScreenAsync("ended with 0");
    }

    [Fact]
    public async Task A_terminal_of_another_size_is_drawn_anew_at_once()
    {
        TmuxTerminal.Require();
        (ProgramProcess program, IPEndPoint endPoint) = await _stage.ServeAsync();
        await using ProgramProcess server = program;
        IReadOnlyList<RawClient> clients = await RawClient.FloodAsync(endPoint, MoreThanFit);
        // Longer than the test has patience.
        await OpenAsync("--interval 1m");
        await _terminal.ScreenAsync("RECEIVED");

        await _terminal.ResizeAsync(100, 30);
        AssertFits(await WholeScreenAsync("AGE"), 30, "AGE");
        await _terminal.ResizeAsync(60, 20);
        AssertFits(await WholeScreenAsync("RECEIVED\n"), 20, "RECEIVED");
        await _terminal.PressAsync("q");
        Assert.Equal("ended with 0", (await _terminal.ScreenAsync("ended with 0")).Trim('\n'));
        Dispose(clients);
    }

    [Fact]
    public async Task Ctrl_Z_returns_the_terminal_to_the_shell_and_fg_continues()
    {
        TmuxTerminal.Require();
        (ProgramProcess program, IPEndPoint endPoint) = await _stage.ServeAsync();
        await using ProgramProcess server = program;
        await _terminal.StartAsync("PS1='ready> ' bash --norc --noprofile -i");
        await _terminal.ScreenAsync("ready>");
        // Longer than the test has patience: what appears again is not a new sample.
        await _terminal.TypeAsync(Top("--interval 1m"));
        await WholeScreenAsync($"ping {endPoint} (pid {server.Id})");

        for (int i = 0; i < 2; i++)
        {
            await _terminal.PressAsync("C-z");
            string shell = await _terminal.ScreenAsync("Stopped");
            Assert.DoesNotContain("Tab next", shell, StringComparison.Ordinal);
            await _terminal.TypeAsync("clear; fg");
            await WholeScreenAsync($"ping {endPoint} (pid {server.Id})");
            await _terminal.PressAsync("f");
            await _terminal.ScreenAsync(i == 0 ? "frozen; f continues" : "connections by id");
        }
        await _terminal.PressAsync("q");
        await _terminal.ScreenAsync("ready>");
    }

    [Fact]
    public async Task Ctrl_Z_without_a_shell_changes_nothing()
    {
        TmuxTerminal.Require();
        (ProgramProcess program, IPEndPoint endPoint) = await _stage.ServeAsync();
        await using ProgramProcess server = program;
        await _terminal.StartAsync($"export XDG_RUNTIME_DIR='{_stage.Root}'; exec {ProgramProcess.ShellCommand} top --interval 1m");
        await WholeScreenAsync($"ping {endPoint} (pid {server.Id})");

        await _terminal.PressAsync("C-z");
        await _terminal.PressAsync("f");

        await WholeScreenAsync("frozen; f continues");
    }

    /// <summary>Starts <c>hawser top</c> in a terminal of 60 by 20.</summary>
    private Task OpenAsync(string options) => _terminal.StartAsync($"{Top(options)}; echo ended with $?; read line");

    private string Top(string options) =>
        $"XDG_RUNTIME_DIR='{_stage.Root}' {ProgramProcess.ShellCommand} top {options}";

    /// <summary>The whole screen is drawn, once, and no line is cut.</summary>
    private static void AssertFits(string screen, int height, string lastColumn)
    {
        string[] lines = screen.TrimEnd('\n').Split('\n');
        Assert.Equal(height, lines.Length);
        Assert.StartsWith("ping 127.0.0.1:", lines[0], StringComparison.Ordinal);
        Assert.EndsWith($" {lastColumn}", Assert.Single(lines, line => line.Contains(" ID PEER ", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.EndsWith("Tab next", lines[^1], StringComparison.Ordinal);
        Assert.Single(lines, line => line.Contains("q quit", StringComparison.Ordinal));
    }

    private static void Dispose(IEnumerable<RawClient> clients)
    {
        foreach (RawClient client in clients)
            client.Dispose();
    }

    /// <summary>Waits for a screen of <c>top</c> with a text. Its last line is drawn last.</summary>
    private Task<string> WholeScreenAsync(string part) => _terminal.ScreenAsync(screen =>
        screen.Contains(part, StringComparison.Ordinal)
            && screen.TrimEnd('\n').EndsWith("Tab next", StringComparison.Ordinal), part);
}
