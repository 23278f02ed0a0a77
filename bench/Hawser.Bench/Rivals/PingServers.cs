using Hawser.Bench.Programs;
using Hawser.Models;

namespace Hawser.Bench.Rivals;

/// <summary>The measured ping servers: C, the models of Hawser, the rivals, and other builds of Hawser.</summary>
/// <param name="arguments">The options <c>--models</c> (all), <c>--rivals kestrel,redis,asyncio</c> and <c>--against
/// NAME=HAWSER,...</c> (other builds of <c>hawser</c>, with epoll and one loop).</param>
internal sealed class PingServers(Arguments arguments)
{
    public const string OneLoop = "C, 1 loop";
    public const string AllLoops = "C, a loop per core";

    private const string NullDevice = "/dev/null";

    /// <summary>The default of <c>--models</c>.</summary>
    public Func<ConcurrencyModel, bool> IncludesModel { get; init; } = _ => true;

    /// <summary>The default of <c>--rivals</c>.</summary>
    public string DefaultRivals { get; init; } = "all";

    /// <summary>Sends Hawser's log to the null device. By default the bench reads it, which costs CPU time if it is
    /// long.</summary>
    public bool DiscardsLog { get; init; }

    /// <summary>Builds the servers of this tree and omits programs that are not installed.</summary>
    public async Task<List<ServerProgram>> FindAsync()
    {
        var servers = new List<ServerProgram>();
        if (await Repository.MakeReferenceAsync("ping", "epoll_ping") is { } inC)
        {
            servers.Add(new ServerProgram(OneLoop, inC, "0", "1"));
            servers.Add(new ServerProgram(AllLoops, inC, "0", $"{Environment.ProcessorCount}"));
        }
        string hawser = await Repository.PublishHawserAsync();
        foreach (string model in Models())
        {
            if (model == "epoll")
                servers.Add(OneEpollLoop("hawser epoll, 1 loop", hawser) with { IsOwn = true });
            string name = model == "epoll" ? "hawser epoll, a loop per core" : $"hawser {model}";
            string reference = model is "sequential" or "select" ? OneLoop : AllLoops;
            string[] threads = model == "pool" ? ["--threads", "1000"] : [];
            servers.Add(Hawser(name, hawser, reference, ["--model", model, .. threads]) with { IsOwn = true });
        }
        servers.AddRange(RivalServers.Find(arguments.Text("rivals", DefaultRivals), OneLoop, AllLoops));
        foreach (string other in arguments.Text("against", "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = other.Split('=', 2);
            if (parts.Length != 2)
                throw new FormatException($"--against: '{other}' is not NAME=PROGRAM");
            servers.Add(OneEpollLoop(parts[0], parts[1]));
        }
        return servers;
    }

    private IEnumerable<string> Models() => arguments.Text("models", "all") is var names && names != "all"
        ? names.Split(',')
        : ConcurrencyModels.All.Where(IncludesModel).Select(model => model.Name);

    private ServerProgram OneEpollLoop(string name, string hawser) =>
        Hawser(name, hawser, OneLoop, "--model", "epoll", "--loops", "1");

    private ServerProgram Hawser(string name, string hawser, string reference, params string[] options)
    {
        int port = DiscardsLog ? LoopbackPort.FreeTcp() : 0;
        var server = new ServerProgram(name, hawser, ["serve", "ping", "--port", $"{port}", .. options])
        {
            Reference = reference,
        };
        return DiscardsLog ? server with { Port = port, ListeningLine = null, OutputFile = NullDevice } : server;
    }
}
