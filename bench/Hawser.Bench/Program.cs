using System.Runtime.Versioning;
using Hawser.Bench.Benches;
using Hawser.Bench.Load;
using Hawser.Bench.Rivals;

[assembly: SupportedOSPlatform("linux")]

namespace Hawser.Bench;

/// <summary>The benches. A new one is one file and one line here.</summary>
internal static class Program
{
    private static readonly (string Name, string Summary, Func<Arguments, Task> RunAsync)[] Benches =
    [
        ("rate", "round trips of ping: Hawser beside a server in C", RateBench.RunAsync),
        ("idle", "memory of ten thousand idle connections", IdleBench.RunAsync),
        ("numbers", "a hundred lists downloaded and sorted: Hawser beside Python", NumbersBench.RunAsync),
        ("start", "from exec to listening, and from exec to exit", StartBench.RunAsync),
        ("upload", "a file into a file: Hawser beside socat, ncat and nc", UploadBench.RunAsync),
        ("ways", "system calls from a file into a socket, and from a socket into a file", WaysBench.RunAsync),
    ];

    /// <summary>What a bench starts as a process of its own.</summary>
    private static readonly (string Name, string Summary, Func<Arguments, Task> RunAsync)[] Loads =
    [
        (PingLoad.Verb, "a closed loop of pings at --port", PingLoad.RunAsync),
        (KestrelPing.Verb, "the ping server on ASP.NET Core's Kestrel", KestrelPing.RunAsync),
        (IdleLoad.Verb, "idle connections at --port, until the standard input ends", IdleLoad.RunAsync),
    ];

    private static async Task<int> Main(string[] arguments)
    {
        string verb = arguments.FirstOrDefault("");
        Func<Arguments, Task>? run = Benches.Concat(Loads).FirstOrDefault(entry => entry.Name == verb).RunAsync;
        if (run is null)
        {
            foreach ((string name, string summary, _) in Benches.Concat(Loads))
                Console.Error.WriteLine($"  {name,-8} {summary}");
            Console.Error.WriteLine("ERROR: name a bench; these there are");
            return 2;
        }
        try
        {
            await run(new Arguments(arguments[1..]));
            return 0;
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine($"ERROR: {e.Message}");
            return 2;
        }
        catch (Exception e) when (e is BenchException or IOException)
        {
            Console.Error.WriteLine($"ERROR: {e.Message}");
            return 1;
        }
    }
}
