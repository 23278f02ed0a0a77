using System.Diagnostics;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;

namespace Hawser.Bench.Benches;

/// <summary><c>start</c>: time from exec to the listening line, and from exec to exit.</summary>
internal static class StartBench
{
    private sealed record Start(string Name, Func<Task<double>> MeasureAsync)
    {
        public List<double> Milliseconds { get; } = [];
    }

    /// <summary>Options: <c>--rounds 20</c>, <c>--seed</c> of the order, and those of
    /// <see cref="ResultPage"/>.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        ResultPage page = await ResultPage.BeginAsync("start", "Start-up time", arguments);
        string hawser = await Repository.PublishHawserAsync();
        var ping = new ServerProgram("hawser ping", hawser, "serve", "ping", "--port", "0");
        var message = new ServerProgram("hawser message", hawser, "serve", "message", "0", "--host", "127.0.0.1");
        using RunningServer receiver = await RunningServer.StartAsync(message);
        string empty = await Repository.PublishEmptyAsync();
        Start[] starts =
        [
            new("an empty .NET program with the same packages: exec to exit", () => MeasureExitAsync(empty)),
            new("`hawser --version`: exec to exit", () => MeasureExitAsync(hawser, "--version")),
            new("`hawser serve ping`: exec to the listening line", () => MeasureStartAsync(ping)),
            new("`hawser serve message`: exec to the listening line", () => MeasureStartAsync(message)),
            new("`hawser message` with an empty standard input: exec to exit",
                () => MeasureSendAsync(hawser, receiver.Port)),
        ];
        var rounds = new Rounds(page, arguments, otherwise: 20, quick: 3);
        await rounds.RunAsync(starts, start => start.Name, async (round, start) =>
        {
            double milliseconds = await start.MeasureAsync();
            start.Milliseconds.Add(milliseconds);
            return $"{milliseconds:0} ms";
        }, text => Write(text, starts));
        rounds.Finish(text => Write(text, starts));
    }

    private static async Task<double> MeasureStartAsync(ServerProgram program)
    {
        using RunningServer server = await RunningServer.StartAsync(program);
        return server.StartTime.TotalMilliseconds;
    }

    private static async Task<double> MeasureExitAsync(string program, params string[] arguments)
    {
        long begin = Stopwatch.GetTimestamp();
        await Tool.RunAsync(program, arguments);
        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
    }

    private static async Task<double> MeasureSendAsync(string hawser, int port)
    {
        long begin = Stopwatch.GetTimestamp();
        await Tool.ShellAsync("exec \"$0\" message 127.0.0.1 \"$1\" < /dev/null", hawser, $"{port}");
        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
    }

    private static void Write(Markdown text, Start[] starts)
    {
        text.Paragraph(
            """
            Milliseconds, published build. Figures are medians of the rounds, with minimum and maximum. A ratio to the
            empty program is taken within a round.
            """);
        text.Table(["what", "ms", "ratio to empty"], starts.Select(start =>
            (string[])[start.Name, new Sample(start.Milliseconds).ToString("0"), new Sample(start.Milliseconds.Zip(
                starts[0].Milliseconds, (own, empty) => own / empty)).ToString("0.00")]));
    }
}
