using System.CommandLine;
using System.Net;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.App.Tls;
using Hawser.Services;
using Hawser.Services.Numbers;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser numbers</c>: downloads lists and sorts them; <c>hawser numbers check</c>: checks one against its
/// seed.</summary>
internal sealed class NumbersVerb
{
    private readonly ServerArguments _servers = new(12345, ArgumentArity.ZeroOrOne);
    private readonly ClientTls _tls = new("numbers");
    private readonly Option<int> _lists = VerbOptions.Int("--lists", "how many lists", 1, 1_000_000, "100");

    private readonly Option<string> _out = VerbOptions.Text("--out", "DIR", "parent of unsorted_files and sorted_files", ".");

    private readonly Option<bool> _plain = VerbOptions.Flag("--plain", "one by one, on one thread");

    private readonly Option<bool> _compare =
        VerbOptions.Flag("--compare", "plain first, then parallel, and the speed-up");

    private readonly Option<int?> _parallel = VerbOptions.OptionalInt(
        "--parallel", "threads that sort; twice as many connections [default: one per core]", 1, 1_000);

    private readonly Option<int?> _count = VerbOptions.Value<int?>(
        "--count", "N", "required numbers per list [default: any]", text => NumbersService.Count.Parse(text));

    private readonly Option<bool> _verify =
        VerbOptions.Flag("--verify", "check every sorted list against its unsorted one");

    private readonly Option<bool> _resume = VerbOptions.Flag("--resume", "keep lists that are already on disk");

    private readonly Option<TimeSpan> _idle =
        VerbOptions.Timeout("--idle-timeout", "give up after this long without a byte, or at less than 1 KiB/s; or never", "10s");

    private readonly Option<bool> _json = VerbOptions.Flag("--json", "print the figures as a line of JSON");

    public static Command Create()
    {
        var verb = new NumbersVerb();
        var command = new VerbCommand("numbers", "Download lists of numbers, sort them, and print the times.")
        {
            Examples =
            [
                "hawser numbers 127.0.0.1:12345 --compare",
                "hawser numbers check unsorted_files/0.txt --seed 42 --index 0",
            ],
        };
        command.AddGroup(VerbOptions.Common, verb._lists, verb._out, verb._json);
        command.AddGroup("Execution", verb._plain, verb._compare, verb._parallel);
        command.AddGroup("Checks", verb._count, verb._verify, verb._resume, verb._idle);
        verb._servers.AddTo(command);
        verb._tls.AddTo(command);
        command.Add(CreateCheck());
        command.SetAction(verb.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        EndPoint server = _servers.Parse(parsed)[0];
        var options = new NumbersClientOptions
        {
            Server = server,
            Layers = _tls.Read(parsed)(server),
            Folder = parsed.GetValue(_out)!,
            Lists = parsed.GetValue(_lists),
            Count = parsed.GetValue(_count),
            Resume = parsed.GetValue(_resume),
            IdleTimeout = parsed.GetValue(_idle),
        };
        if (parsed.GetValue(_plain) && parsed.GetValue(_compare))
            throw new UsageException("--compare: does not apply with --plain");
        if (options.Resume && parsed.GetValue(_compare))
            throw new UsageException("--resume: does not apply with --compare, which downloads every list twice");
        if (parsed.GetValue(_parallel) is { } sorters)
        {
            if (parsed.GetValue(_plain))
                throw new UsageException("--parallel: does not apply with --plain");
            options = options with { Sorters = sorters, Connections = 2 * sorters };
        }
        var run = new NumbersRun(options, parsed.GetValue(_json), parsed.GetValue(_verify));
        return parsed.GetValue(_compare) ? run.Compare() : run.Phases(parsed.GetValue(_plain));
    }

    private static VerbCommand CreateCheck()
    {
        var check = new VerbCommand("check", "Check a list against the seed of the server that sent it, offline.")
        {
            Examples = ["hawser numbers check unsorted_files/0.txt --seed 42 --index 0"],
        };
        Argument<string> file = VerbOptions.Argument("FILE", "a list as it came", text => text);
        Option<ulong> seed = VerbOptions.Value("--seed", "S", "the server's seed", NumbersService.Seed.Parse);
        Option<int> index = VerbOptions.Value("--index", "I", "the list's place in the order of accept, from 0",
            text => Quantity.ParseInt(text, "list index", 0, int.MaxValue));
        seed.Required = index.Required = true;
        Option<int> count = Of(NumbersService.Count);
        Option<long> min = Of(NumbersService.Min);
        Option<long> max = Of(NumbersService.Max);
        Option<bool> json = VerbOptions.Flag("--json", "print the outcome as a line of JSON");
        check.Add(file);
        check.AddGroup(VerbOptions.Common, seed, index, json);
        check.AddGroup("Must match the server", count, min, max);
        check.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(max) < parsed.GetValue(min))
                throw new UsageException($"{max.Name}: {parsed.GetValue(max)} is below {min.Name} {parsed.GetValue(min)}");
            string path = parsed.GetValue(file)!;
            UsageException.RequireFile(path);
            string? difference = await SeedVerifier.FindDifferenceAsync(
                path, parsed.GetValue(seed), parsed.GetValue(index), parsed.GetValue(count), parsed.GetValue(min),
                parsed.GetValue(max));
            if (parsed.GetValue(json))
                Standard.Out.WriteLine(ToJson(path, difference));
            else if (difference is null)
                Standard.Out.WriteLine(
                    $"{path}: list {parsed.GetValue(index)} of seed {parsed.GetValue(seed)}, verified");
            if (difference is null)
                return ExitCode.Done;
            Standard.Error.WriteLine($"ERROR: {path}: {difference}");
            return ExitCode.NotVerified;
        });
        return check;

        static Option<T> Of<T>(ServiceOption<T> option)
            where T : notnull => VerbOptions.Value(
                $"--{option.Name}", option.ValueName!, option.Help, option.Parse, option.DefaultText);
    }

    private static string ToJson(string path, string? difference) => JsonLine.Of(json =>
    {
        json.WriteString("file", path);
        json.WriteBoolean("verified", difference is null);
        json.WriteString("difference", difference);
    });
}
