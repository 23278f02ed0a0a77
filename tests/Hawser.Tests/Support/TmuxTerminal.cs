using System.Globalization;
using Xunit;

namespace Hawser.Tests.Support;

/// <summary>A terminal of 60 by 20, which is tmux. Disposing closes it, and hangs up what runs in it.</summary>
/// <param name="socket">A path for the socket of its server.</param>
internal sealed class TmuxTerminal(string socket) : IAsyncDisposable
{
    // Each look is a process: some 20 s in all.
    private const int MostLooks = 2_000;

    /// <summary>Skips the test where there is none.</summary>
    public static void Require() => Assert.SkipUnless(File.Exists("/usr/bin/tmux"), "needs tmux(1)");

    /// <summary>Runs a command of the shell in it.</summary>
    public Task StartAsync(string command) =>
        RunAsync("-f", "/dev/null", "new-session", "-d", "-x", "60", "-y", "20", command);

    public async Task PressAsync(string key) => Assert.Equal("", await RunAsync("send-keys", key));

    /// <summary>Types a line.</summary>
    public async Task TypeAsync(string line) => Assert.Equal("", await RunAsync("send-keys", line, "Enter"));

    public Task ResizeAsync(int width, int height) => RunAsync(
        "resize-window", "-x", width.ToString(CultureInfo.InvariantCulture),
        "-y", height.ToString(CultureInfo.InvariantCulture));

    /// <summary>Waits until the screen has this text.</summary>
    public Task<string> ScreenAsync(string part) =>
        ScreenAsync(screen => screen.Contains(part, StringComparison.Ordinal), part);

    /// <summary>Waits for a screen.</summary>
    /// <param name="isMeant">Whether it is this one.</param>
    /// <param name="part">What it has, for the failure.</param>
    public async Task<string> ScreenAsync(Func<string, bool> isMeant, string part)
    {
        for (int look = 0; ; look++)
        {
            string screen = await RunAsync("capture-pane", "-p");
            if (isMeant(screen))
                return screen;
            Assert.True(look < MostLooks, $"no '{part}' on the screen:\n{screen}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(socket))
            await RunAsync("kill-server");
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        await using ProgramProcess tmux = ProgramProcess.StartForeign("tmux", ["-S", socket, .. arguments]);
        return (await tmux.EndAsync()).Text;
    }
}
