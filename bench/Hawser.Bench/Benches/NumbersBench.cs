using System.Diagnostics;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;

namespace Hawser.Bench.Benches;

/// <summary><c>numbers</c>: a hundred lists downloaded and sorted, in parallel, the same without AVX-512, and plain,
/// beside a parallel Python program.</summary>
/// <remarks>
/// One server serves all. A round is one run of each program, in an order that is shuffled anew; a ratio compares two
/// runs of the same round. Every program has a folder of its own and writes over its files of the round before; a round
/// that is not counted makes them.
/// </remarks>
internal static class NumbersBench
{
    private const string Python = "python";

    private static readonly string[] Modes = ["default", "portable", "plain"];

    private sealed record Run(string Program, int Round, double Download, double Sorting, double Whole, double Process);

    /// <summary>
    /// Options: <c>--rounds 9</c>, <c>--python-rounds 3</c> (0: without it), <c>--lists 100</c>, <c>--model threads</c>
    /// of the server, <c>--folder</c> for the lists (default: the system's temporary one), <c>--seed</c> of the
    /// shuffling, and those of <see cref="ResultPage"/>.
    /// </summary>
    public static async Task RunAsync(Arguments arguments)
    {
        ResultPage page = await ResultPage.BeginAsync("numbers", "Numbers: lists downloaded and sorted", arguments);
        string hawser = await Repository.PublishHawserAsync();
        int pythonRounds = Requirement.Has("python3") ? arguments.Number("python-rounds", 3, quick: 1) : 0;
        int lists = arguments.Number("lists", 100, quick: 4);
        using var folder = new ScratchFolder(arguments);
        using RunningServer server = await RunningServer.StartAsync(new ServerProgram(
            "hawser", hawser, "serve", "numbers", "--host", "127.0.0.1", "--port", "0",
            "--model", arguments.Text("model", "threads")));
        var runs = new List<Run>();
        var rounds = new Rounds(page, arguments, otherwise: 9, quick: 2);
        await rounds.RunAsync([.. Modes, Python], program => program, async (round, program) =>
        {
            if (program == Python && (pythonRounds == 0 || round > pythonRounds))
                return "left out";
            Run run = await MeasureAsync(program, round, hawser, folder.At(program), server.Port, lists);
            runs.Add(run);
            return $"{run.Whole:0.000} s";
        }, Write, hasWarmUp: true);
        await rounds.MeasureAsync(rounds.Count, "default, verified", async () =>
        {
            await Tool.RunAsync(
                hawser, "numbers", "--port", $"{server.Port}", "--lists", $"{lists}", "--verify",
                "--out", folder.At("default"));
            return "every sorted list is its unsorted one in order";
        });
        rounds.Finish(Write);

        void Write(Markdown text) => WriteTables(text, lists, [.. runs.Where(run => run.Round > 0)]);
    }

    private static async Task<Run> MeasureAsync(
        string program, int round, string hawser, string folder, int port, int lists)
    {
        (string fileName, string[] words) = program switch
        {
            Python => ("python3", [Repository.At("bench", "reference", "numbers", "numbers.py")]),
            "portable" => ("env", ["DOTNET_EnableAVX512=0", hawser, "numbers"]),
            "plain" => (hawser, ["numbers", "--plain"]),
            _ => (hawser, (string[])["numbers"]),
        };
        long begin = Stopwatch.GetTimestamp();
        string output = await Tool.RunAsync(
            fileName, [.. words, "--port", $"{port}", "--lists", $"{lists}", "--out", folder]);
        double process = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        double download = Figure(output, "Files download time: ");
        double sorting = Figure(output, "Sorting time: ");
        return new Run(program, round, download, sorting, download + sorting, process);
    }

    private static double Figure(string output, string name) => double.Parse(
        output.Split('\n').First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..]);

    private static void WriteTables(Markdown text, int lists, List<Run> runs)
    {
        text.Paragraph(
            $"""
            {lists} lists of 250,000 numbers each, from one `hawser serve numbers` on the same machine, with both sets
            of files. Seconds: the median of the rounds, with the fastest and the slowest. Download, sorting and
            together are what the program itself prints; the process includes its start. A ratio is taken within a
            round, then the median. `portable` is the default with `DOTNET_EnableAVX512=0` in the client.
            """);
        text.Table(
            ["program", "download", "sorting", "together", "process", "process, ratio to default"],
            Modes.Append(Python).Where(program => runs.Exists(run => run.Program == program))
                .Select(program => Row(program, runs)));
    }

    private static string[] Row(string program, List<Run> runs)
    {
        Run[] own = [.. runs.Where(run => run.Program == program)];
        IEnumerable<double> ratios = own.Join(
            runs.Where(run => run.Program == "default"), run => run.Round, other => other.Round,
            (run, other) => run.Process / other.Process);
        return
        [
            program == Python ? "Python, parallel" : $"hawser {program}",
            Over(run => run.Download),
            Over(run => run.Sorting),
            Over(run => run.Whole),
            Over(run => run.Process),
            new Sample(ratios).ToString("0.00"),
        ];

        string Over(Func<Run, double> figure) => new Sample(own.Select(figure)).ToString("0.000");
    }
}
