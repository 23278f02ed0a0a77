using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Hawser.Mutations;

const string usage = """
    usage: Hawser.Mutations --files FILE,... [--tests CLASS,...] [--most N] [--seed N] [--limit SECONDS]
                            [--built FOLDER]

    Changes one comparison, limit or call of the files at a time, runs the test classes, and prints the mutants that
    no test kills. Build everything for Release first. Run it in the root of the repository.

      --files FILE,...   source files of one project
      --tests CLASS,...  test classes below Hawser.Tests, with * at their ends
                         (default: those listed in Targets.cs; otherwise Services.Message.* for
                         src/Hawser.Services/Message, *.FileTest* for src/Hawser/File.cs)
      --most N           mutants at the most, chosen by the seed (default: all)
      --seed N           of the choice (default: 1)
      --limit SECONDS    for one mutant (default: three times what the tests need, and 10 s)
      --built FOLDER     the built tests (default: tests/Hawser.Tests/bin/Release/net10.0)
    """;

Dictionary<string, string> options = [];
for (int i = 0; i < args.Length; i += 2)
{
    if (i + 1 == args.Length || args[i] is not ("--files" or "--tests" or "--most" or "--seed" or "--limit"
        or "--built"))
        return Misused($"'{args[i]}' is no option with a value");
    options[args[i]] = args[i + 1];
}
if (!options.TryGetValue("--files", out string? list))
    return Misused("--files is missing");
string[] files = list.Split(',');
if (files.FirstOrDefault(file => !File.Exists(file)) is { } missing)
    return Misused($"--files: there is no '{missing}'");
string[] tests = options.TryGetValue("--tests", out string? given)
    ? given.Split(',')
    : [.. files.SelectMany(Targets.TestsOf).Distinct()];
int most = int.Parse(options.GetValueOrDefault("--most", $"{int.MaxValue}"), CultureInfo.InvariantCulture);
int seed = int.Parse(options.GetValueOrDefault("--seed", "1"), CultureInfo.InvariantCulture);

// A signal ends the run with what it has, and its folder is deleted.
using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

MutableAssembly assembly = await MutableAssembly.LoadAsync(ProjectOf(files[0]));
using var folder = new TestFolder(Path.GetFullPath(
    options.GetValueOrDefault("--built", "tests/Hawser.Tests/bin/Release/net10.0")));
string mutated = folder[assembly.FileName];
if (assembly.Write(mutant: null, mutated) is { } error)
    throw new InvalidOperationException(error.ToString());
long begin = Stopwatch.GetTimestamp();
(bool isSound, string output) = await folder.RunAsync(tests, TimeSpan.FromMinutes(10), stop.Token);
TimeSpan whole = Stopwatch.GetElapsedTime(begin);
if (!isSound || output.Contains("Total: 0,", StringComparison.Ordinal))
{
    Console.Error.WriteLine($"{output}\nERROR: the tests fail, or there are none, without a mutant");
    return 1;
}
TimeSpan limit = options.TryGetValue("--limit", out string? seconds)
    ? TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture))
    : 3 * whole + TimeSpan.FromSeconds(10);

Mutant[] mutants = [.. files.SelectMany(file => Mutator.Mutate(assembly.Find(file)))];
var random = new Random(seed);
random.Shuffle(mutants);
Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"{mutants.Length} mutants; {string.Join(' ', tests)} need {whole.TotalSeconds:0.0} s"));
List<Mutant> survivors = [];
int tried = 0;
foreach (Mutant mutant in mutants)
{
    if (tried == most)
        break;
    if (assembly.Write(mutant, mutated) is not null)
        continue;
    bool survives = (await folder.RunAsync(tests, limit, stop.Token)).HasPassed;
    if (stop.IsCancellationRequested)
        break;
    tried++;
    if (survives)
        survivors.Add(mutant);
    Console.Error.WriteLine($"{tried}  {(survives ? "SURVIVED" : "killed")}  {mutant}");
}
foreach (Mutant survivor in survivors.OrderBy(mutant => mutant.Tree.FilePath).ThenBy(mutant => mutant.Line))
    Console.WriteLine(survivor);
Console.WriteLine($"{survivors.Count} of {tried} survived");
return 0;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

static int Misused(string why)
{
    Console.Error.WriteLine($"ERROR: {why}\n\n{usage}");
    return 2;
}

static string ProjectOf(string file)
{
    for (string? folder = Path.GetDirectoryName(Path.GetFullPath(file)); folder is not null;
        folder = Path.GetDirectoryName(folder))
    {
        if (Directory.GetFiles(folder, "*.csproj") is [var project, ..])
            return project;
    }
    throw new InvalidOperationException($"'{file}' belongs to no project");
}
