using System.CommandLine;
using System.Globalization;
using Hawser.App.Output;
using Hawser.Services.Numbers;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser numbers</c>: downloads lists and sorts them; <c>hawser numbers check</c>: checks one against its
/// seed.</summary>
internal static class NumbersVerb
{
    public static Command Create()
    {
        var verb = new Command("numbers", "Download lists of numbers and sort them, and say how long it took.");
        Option<string> host = VerbOptions.Text("--host", "HOST", "a name, an address or unix:PATH", "127.0.0.1");
        Option<string> port = VerbOptions.Text("--port", "PORT", "the server's port", "12345");
        Option<string> lists = VerbOptions.Text("--lists", "N", "how many lists", "100");
        Option<string> outFolder = VerbOptions.Text("--out", "DIR", "where unsorted_files and sorted_files go", ".");
        Option<string> parallel = VerbOptions.Text("--parallel", "N",
            "threads that sort; twice as many connections (default: one per core)");
        Option<string> count = VerbOptions.Text("--count", "N", "numbers each list must have (default: any)");
        Option<string> idle = VerbOptions.Text("--idle-timeout", "TIME", "for the server's next byte", "10s");
        var plain = new Option<bool>("--plain") { Description = "one by one, on one thread" };
        var fused = new Option<bool>("--fused") { Description = "one pipeline, and the share of each of its stages" };
        var compare = new Option<bool>("--compare") { Description = "plain first, then parallel, and the speed-up" };
        var verify = new Option<bool>("--verify") { Description = "check every sorted list against its unsorted one" };
        var resume = new Option<bool>("--resume") { Description = "keep lists that are on disk already" };
        var json = new Option<bool>("--json") { Description = "print the figures as JSON" };
        foreach (Option option in (Option[])
            [host, port, lists, outFolder, parallel, count, idle, plain, fused, compare, verify, resume, json])
        {
            verb.Add(option);
        }
        verb.Add(CreateCheck());
        verb.SetAction(parsed =>
        {
            var options = new NumbersClientOptions
            {
                Server = VerbOptions.ParseTarget(parsed.GetValue(host)!, parsed.GetValue(port)!),
                Folder = parsed.GetValue(outFolder)!,
                Lists = Quantity.ParseInt(parsed.GetValue(lists)!, "number of lists", 1, 1_000_000),
                Count = parsed.GetValue(count) is { } n ? NumbersService.Count.Parse(n) : null,
                Resume = parsed.GetValue(resume),
                IdleTimeout = Quantity.ParseTimeout(parsed.GetValue(idle)!),
            };
            if (parsed.GetValue(parallel) is { } threads)
            {
                int sorters = Quantity.ParseInt(threads, "number of threads", 1, 1_000);
                options = options with { Sorters = sorters, Pipelines = sorters, Connections = 2 * sorters };
            }
            if (((Option<bool>[])[plain, fused, compare]).Count(parsed.GetValue) > 1)
                throw new UsageException("--plain, --fused and --compare exclude each other");
            if (options.Resume && parsed.GetValue(compare))
                throw new UsageException("--compare fetches every list twice; leave out --resume");
            var run = new NumbersRun(options, parsed.GetValue(json), parsed.GetValue(verify));
            return parsed.GetValue(fused) ? run.Fused()
                : parsed.GetValue(compare) ? run.Compare()
                : run.Phases(parsed.GetValue(plain));
        });
        return verb;
    }

    private static Command CreateCheck()
    {
        var check = new Command("check", "Check a list against the seed of the server that sent it, offline.");
        var file = new Argument<string>("FILE") { Description = "a list as it came" };
        Option<string> seed = VerbOptions.Text("--seed", "S", "the server's seed");
        Option<string> index = VerbOptions.Text("--index", "I", "the list's place in the order of accept, from 0");
        seed.Required = index.Required = true;
        Option<string> count =
            VerbOptions.Text("--count", "N", "numbers of a list", NumbersService.Count.DefaultText);
        Option<string> min = VerbOptions.Text("--min", "N", "the smallest number", NumbersService.Min.DefaultText);
        Option<string> max = VerbOptions.Text("--max", "N", "the largest number", NumbersService.Max.DefaultText);
        check.Add(file);
        foreach (Option option in (Option[])[seed, index, count, min, max])
            check.Add(option);
        check.SetAction(async (parsed, _) =>
        {
            string path = parsed.GetValue(file)!;
            string? difference = await NumbersChecker.FindDifferenceAsync(
                path,
                NumbersService.Seed.Parse(parsed.GetValue(seed)!),
                Quantity.ParseInt(parsed.GetValue(index)!, "list index", 0, int.MaxValue),
                NumbersService.Count.Parse(parsed.GetValue(count)!),
                NumbersService.Min.Parse(parsed.GetValue(min)!),
                NumbersService.Max.Parse(parsed.GetValue(max)!));
            if (difference is null)
            {
                Standard.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{path}: list {parsed.GetValue(index)} of seed {parsed.GetValue(seed)}, verified"));
                return ExitCode.Done;
            }
            Standard.Error.WriteLine($"ERROR: {path}: {difference}");
            return ExitCode.NotVerified;
        });
        return check;
    }
}
