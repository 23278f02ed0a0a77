using System.Net;
using System.Net.Sockets;
using Hawser.Tests.Services.Clock;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary>Progress bars on a terminal. Other tests show that there are none off a terminal.</summary>
public sealed class ProgressBarTest
{
    [Fact]
    public async Task A_message_that_takes_long_has_a_progress_bar()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using ProgramProcess program =
            ProgramProcess.StartOnTerminal("< /dev/zero", Path.GetTempPath(), "message", $"{listener.LocalEndpoint}");
        using Socket client = await listener.AcceptSocketAsync().Bounded();
        byte[] buffer = new byte[64 * 1024];

        await Patience.UntilAsync(() =>
            client.Receive(buffer) > 0 && program.Output.Text.Contains("/s", StringComparison.Ordinal));

        Assert.Contains("message: ", program.Output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recording_has_a_progress_bar()
    {
        await using ClockStage stage = ClockStage.Start();
        await using ProgramProcess program = ProgramProcess.StartOnTerminal(
            "", Path.GetTempPath(),
            "clock", $"{stage.EndPoint}", "--clients", "1", "-d", "1m", "--out", stage.Folder["out"]);

        await program.Output.ContainsAsync("recording: ");

        await program.Output.ContainsAsync(" s of 60 s");
    }
}
