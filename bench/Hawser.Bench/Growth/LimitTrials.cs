using System.Diagnostics;
using Hawser.Bench.Load;
using Hawser.Bench.Programs;

namespace Hawser.Bench.Growth;

/// <summary>Behaviour at limits: too few descriptors, threads or places for the clients.</summary>
internal static class LimitTrials
{
    private const int Descriptors = 128;
    private const int Threads = 64;
    private const int PoolThreads = 8;
    private const int Places = 50;
    private const int Backlog = 16;
    private const int Many = 300;
    private const int Nobody = 65534;

    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(10);

    private sealed record Limit(string Name, int Clients, string[] Prefix, string[] Options)
    {
        /// <summary>The model it applies to; null for all.</summary>
        public string? Model { get; init; }
    }

    // All clients of a trial fit into the kernel's accept queue.
    private static readonly string[] Roomy = ["--backlog", "1024"];

    private static readonly Limit[] All =
    [
        new($"{Descriptors} descriptors", Many, ["prlimit", $"--nofile={Descriptors}"], Roomy),
        // The limit counts all threads of a user and does not apply to root: use a user without other threads.
        new($"{Threads} threads", Many,
            ["setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "prlimit", $"--nproc={Threads}"],
            Roomy),
        new("one place at a time", 2, [], Roomy) { Model = "sequential" },
        new("one place at a time", 10, [], Roomy) { Model = "sequential" },
        new($"{PoolThreads} threads of the pool", 3 * PoolThreads, [], [.. Roomy, "--threads", $"{PoolThreads}"])
        {
            Model = "pool",
        },
        new($"--max-connections {Places} --backlog {Backlog}", Many, [],
            ["--max-connections", $"{Places}", "--backlog", $"{Backlog}"]),
    ];

    /// <summary>Number of trials of <see cref="RunAsync"/>.</summary>
    public static int CountFor(IReadOnlyList<string> models) =>
        All.Sum(limit => models.Count(model => limit.Model is null || limit.Model == model));

    /// <summary>Runs all trials. One that cannot run here is recorded with its reason.</summary>
    /// <param name="hawser">The program.</param>
    /// <param name="models">The models to try.</param>
    /// <param name="patience">The timeout of the clients.</param>
    /// <param name="onTrial">Called after each trial.</param>
    public static async Task RunAsync(
        string hawser, IReadOnlyList<string> models, TimeSpan patience, Action<LimitTrial> onTrial)
    {
        foreach (Limit limit in All)
        {
            foreach (string model in models.Where(model => limit.Model is null || limit.Model == model))
                onTrial(await TryAsync(hawser, model, limit, patience));
        }
    }

    private static async Task<LimitTrial> TryAsync(string hawser, string model, Limit limit, TimeSpan patience)
    {
        var trial = new LimitTrial { Model = model, Limit = limit.Name, Clients = limit.Clients };
        if (limit.Prefix.FirstOrDefault(word => word is "prlimit" or "setpriv") is { } tool && !Requirement.Has(tool))
            return trial with { Error = $"not tried: {tool} is not installed" };
        if (limit.Prefix.Contains("setpriv") && Environment.UserName != "root")
            return trial with { Error = "not tried: needs root to change the user" };
        string[] serve = ["serve", "ping", "--host", "127.0.0.1", "--port", "0", "--model", model, .. limit.Options];
        trial = trial with { Command = string.Join(' ', [.. limit.Prefix, "hawser", .. serve]) };
        string[] command = [.. limit.Prefix, hawser, .. serve];
        try
        {
            using RunningServer server = await RunningServer.StartAsync(
                new ServerProgram($"hawser {model}", command[0], command[1..]));
            CrowdOutcome[] outcomes = await Crowd.PingAsync(server.Port, limit.Clients, patience);
            bool serves = await AnswersAsync(server, patience);
            return trial with
            {
                Answered = Count(CrowdOutcome.Answered),
                Waited = Count(CrowdOutcome.Waited),
                Unconnected = Count(CrowdOutcome.Unconnected),
                Closed = Count(CrowdOutcome.Closed),
                Refused = Count(CrowdOutcome.Refused),
                ServesAfterwards = serves,
                Said = [.. server.Errors.Distinct(), .. server.HasExited ? ["(the server has ended)"] : (string[])[]],
            };

            int Count(CrowdOutcome outcome) => outcomes.Count(one => one == outcome);
        }
        catch (BenchException e)
        {
            return trial with { Error = Repository.WithoutRoot(e.Message) };
        }
    }

    /// <summary>Whether a new client is answered after the others have left.</summary>
    private static async Task<bool> AnswersAsync(RunningServer server, TimeSpan patience)
    {
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < RecoveryLimit && !server.HasExited)
        {
            if (await Crowd.PingAsync(server.Port, 1, patience) is [CrowdOutcome.Answered])
                return true;
            await Task.Delay(100);
        }
        return false;
    }
}
