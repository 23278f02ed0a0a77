using System.Diagnostics;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;

namespace Hawser.Bench.Benches;

/// <summary><c>start</c>: from exec to the listening line, and from exec to exit.</summary>
internal static class StartBench
{
    /// <summary>Options: <c>--rounds 20</c>, <c>--name</c> of the results.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        ResultPage page = await ResultPage.BeginAsync("start", "Start-up time", arguments);
        string hawser = await Repository.PublishHawserAsync();
        int rounds = arguments.Number("rounds", 20);
        var ping = new ServerProgram("hawser ping", hawser, "serve", "ping", "--port", "0");
        var message = new ServerProgram("hawser message", hawser, "serve", "message", "0", "--host", "127.0.0.1");
        List<double> pingStarts = [];
        List<double> messageStarts = [];
        List<double> sends = [];
        using RunningServer receiver = await RunningServer.StartAsync(message);
        for (int round = 0; round < rounds; round++)
        {
            pingStarts.Add(await MeasureStartAsync(ping));
            messageStarts.Add(await MeasureStartAsync(message));
            sends.Add(await MeasureSendAsync(hawser, receiver.Port));
        }
        page.Line($"Milliseconds of the published build, median of {rounds} with the lowest and the highest.");
        page.Line();
        page.Table(["what", "ms"],
        [
            ["`hawser serve ping`: exec to the listening line", new Sample(pingStarts).ToString("0")],
            ["`hawser serve message`: exec to the listening line", new Sample(messageStarts).ToString("0")],
            ["`hawser message` with an empty standard input: exec to exit", new Sample(sends).ToString("0")],
        ]);
        page.Save("start.md");
    }

    private static async Task<double> MeasureStartAsync(ServerProgram program)
    {
        using RunningServer server = await RunningServer.StartAsync(program);
        return server.StartTime.TotalMilliseconds;
    }

    private static async Task<double> MeasureSendAsync(string hawser, int port)
    {
        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(
            new ProcessStartInfo(hawser, ["message", "127.0.0.1", $"{port}"]) { RedirectStandardInput = true })!;
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        TimeSpan time = Stopwatch.GetElapsedTime(begin);
        return process.ExitCode == 0
            ? time.TotalMilliseconds
            : throw new BenchException($"hawser message failed with exit code {process.ExitCode}");
    }
}
