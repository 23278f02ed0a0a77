using Hawser.Bench.Load;
using Hawser.Bench.Programs;

namespace Hawser.Bench.Rivals;

/// <summary>The servers that Hawser is compared with. Programs that are not installed are omitted.</summary>
internal static class RivalServers
{
    /// <param name="names">A list of kestrel, redis and asyncio; or all, or none.</param>
    /// <param name="oneLoop">The reference for servers with one thread.</param>
    /// <param name="allLoops">The reference for servers with a thread per core.</param>
    public static List<ServerProgram> Find(string names, string oneLoop, string allLoops)
    {
        string[] wanted = names == "all" ? ["kestrel", "redis", "asyncio"] : names == "none" ? [] : names.Split(',');
        var found = new List<ServerProgram>();
        foreach (string name in wanted)
        {
            ServerProgram server = name switch
            {
                "kestrel" => new("Kestrel", Environment.ProcessPath!, KestrelPing.Verb) { Reference = allLoops },
                "redis" => Redis(LoopbackPort.FreeTcp(), oneLoop),
                "asyncio" => new(
                    "Python asyncio", "python3", Repository.At("bench", "reference", "ping", "asyncio_ping.py"), "0")
                {
                    Reference = oneLoop,
                },
                _ => throw new FormatException($"unknown rival '{name}'; use kestrel, redis, asyncio, all or none"),
            };
            if (server.FileName == Environment.ProcessPath || Requirement.Has(server.FileName))
                found.Add(server);
        }
        return found;
    }

    private static ServerProgram Redis(int port, string reference) =>
        // Its protected mode refuses clients from loopback addresses other than 127.0.0.1.
        new("redis-server PING", "redis-server", "--port", $"{port}", "--save", "", "--appendonly", "no",
            "--bind", "127.0.0.1", "--protected-mode", "no")
        {
            ListeningLine = "Ready to accept connections",
            Port = port,
            Wire = PingWire.Redis,
            Reference = reference,
        };
}
