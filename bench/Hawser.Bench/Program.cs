using System.Net.Sockets;
using System.Runtime.Versioning;
using Hawser.Bench.Benches;
using Hawser.Bench.Programs;
using Hawser.Bench.Rivals;

[assembly: SupportedOSPlatform("linux")]

namespace Hawser.Bench;

/// <summary>Runs one bench, or all of them.</summary>
internal static class Program
{
    private static readonly (string Name, string Summary, Func<Arguments, Task> RunAsync)[] Others =
    [
        (AllBenches.Verb, "every bench in turn", AllBenches.RunAsync),
        (Readme.Verb, "the table of models in README.md, from the newest growth.json", Readme.RunAsync),
    ];

    /// <summary>Verbs that benches and scenarios of the lab start as separate processes.</summary>
    private static readonly (string Name, string Summary, Func<Arguments, Task> RunAsync)[] Loads =
    [
        (KestrelPing.Verb, "a ping server on ASP.NET Core's Kestrel, at --port", KestrelPing.RunAsync),
        (KestrelHttp.Verb, "an HTTP server on Kestrel, at --port", KestrelHttp.RunAsync),
    ];

    private static async Task<int> Main(string[] arguments)
    {
        string verb = arguments.FirstOrDefault("");
        BenchEntry? bench = BenchCatalog.All.FirstOrDefault(entry => entry.Name == verb);
        Func<Arguments, Task>? run =
            bench?.RunAsync ?? Others.Concat(Loads).FirstOrDefault(entry => entry.Name == verb).RunAsync;
        if (run is null)
            return Misused();
        try
        {
            var options = new Arguments(arguments[1..]);
            if (bench is not null)
                Announce(bench, options);
            await run(options);
            return 0;
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine($"ERROR: {e.Message}");
            return 2;
        }
        catch (Exception e) when (e is BenchException or IOException or SocketException)
        {
            Console.Error.WriteLine($"ERROR: {e.Message}");
            return 1;
        }
        finally
        {
            ChildProcess.LeaveGate();
        }
    }

    private static void Announce(BenchEntry bench, Arguments options)
    {
        double minutes = bench.TimeOf(options).TotalMinutes;
        Console.Error.WriteLine($"{bench.Name}: about {minutes:0.#} min with default rounds and durations");
        // AllBenches has announced them once for all benches.
        if (Environment.GetEnvironmentVariable(Repository.ProgramVariable) is null)
            Requirement.Announce(bench.Tools);
    }

    private static int Misused()
    {
        foreach (BenchEntry entry in BenchCatalog.All)
            Console.Error.WriteLine($"  {entry.Name,-10} {entry.Summary}");
        foreach ((string name, string summary, _) in Others.Concat(Loads))
            Console.Error.WriteLine($"  {name,-10} {summary}");
        Console.Error.WriteLine("ERROR: expected one of the benches above");
        return 2;
    }
}
