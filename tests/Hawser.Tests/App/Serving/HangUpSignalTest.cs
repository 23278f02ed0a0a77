using System.Diagnostics;
using System.Net;
using System.Runtime.Versioning;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Serving;

/// <summary>SIGHUP, from somebody or from the end of the terminal.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HangUpSignalTest : IAsyncDisposable
{
    private const int SIGHUP = 1;

    private readonly TemporaryFolder _folder = new();
    private readonly TmuxTerminal _terminal;

    public HangUpSignalTest() => _terminal = new TmuxTerminal(_folder["tmux"]);

    public async ValueTask DisposeAsync()
    {
        await _terminal.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_server_without_files_serves_on()
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "ping", "--port", "0");
        IPEndPoint where = await server.ListeningAsync();

        server.Signal(SIGHUP);

        using RawClient client = await RawClient.ConnectAsync(where);
        await client.SendAsync("ping 0 1\n");
        Assert.Equal("pong 0 1", await client.ReceiveLineAsync());
        client.Dispose();
        server.Signal(ProgramProcess.SIGTERM);
        // Not that of the signal.
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("--allow @allowed", true)]
    [InlineData("nohup", false)]
    public async Task A_server_stops_in_order_when_its_terminal_closes_unless_nohup_keeps_it(string how, bool stops)
    {
        TmuxTerminal.Require();
        File.WriteAllText(_folder["allowed"], "127.0.0.1\n");
        string nohup = stops ? "" : how;
        string options = stops ? how : "";
        await _terminal.StartAsync($"cd '{_folder.Root}'; export XDG_RUNTIME_DIR='{_folder.Root}'; "
            + $"{nohup} {ProgramProcess.ShellCommand} serve ping --port 0 {options} >lines 2>errors & echo $! >pid; wait");
        await Patience.UntilAsync(() => Read("lines").Contains('\n', StringComparison.Ordinal));
        using Process server = Process.GetProcessById(int.Parse(Read("pid")));
        try
        {
            await CloseAsync(server, stops);
        }
        finally
        {
            server.Kill();
        }
    }

    private async Task CloseAsync(Process server, bool stops)
    {
        using RawClient client = await RawClient.ConnectAsync(IPEndPoint.Parse(Read("lines").Trim()["Listening on ".Length..]));
        await client.SendAsync("ping 0 1\n");
        Assert.Equal("pong 0 1", await client.ReceiveLineAsync());

        await _terminal.DisposeAsync();

        if (!stops)
        {
            await client.SendAsync("ping 1 1\n");
            Assert.Equal("pong 1 1", await client.ReceiveLineAsync());
            return;
        }
        await Patience.UntilAsync(() => Read("errors").Contains("stopping: waiting", StringComparison.Ordinal));
        client.Dispose();
        await server.WaitForExitAsync().Bounded();
    }

    private string Read(string name) => File.Exists(_folder[name]) ? File.ReadAllText(_folder[name]) : "";
}
