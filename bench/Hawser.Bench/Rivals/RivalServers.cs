using System.Net;
using System.Net.Sockets;
using Hawser.Bench.Load;
using Hawser.Bench.Programs;

namespace Hawser.Bench.Rivals;

/// <summary>The servers that Hawser is measured against. What is not installed is skipped, with a word on how to get
/// it.</summary>
internal static class RivalServers
{
    /// <param name="names">Which: kestrel, redis, asyncio, with commas; or all, or none.</param>
    /// <param name="oneLoop">The reference of servers with one thread.</param>
    /// <param name="allLoops">The reference of servers with a thread per core.</param>
    public static async Task<List<ServerProgram>> FindAsync(string names, string oneLoop, string allLoops)
    {
        string[] wanted = names == "all" ? ["kestrel", "redis", "asyncio"] : names == "none" ? [] : names.Split(',');
        var found = new List<ServerProgram>();
        foreach (string name in wanted)
        {
            ServerProgram server = name switch
            {
                "kestrel" => new("Kestrel", Environment.ProcessPath!, KestrelPing.Verb) { Reference = allLoops },
                "redis" => Redis(FreePort(), oneLoop),
                "asyncio" => new(
                    "Python asyncio", "python3", Repository.At("bench", "reference", "ping", "asyncio_ping.py"), "0")
                {
                    Reference = oneLoop,
                },
                _ => throw new FormatException($"'{name}' is not a rival; use kestrel, redis, asyncio, all or none"),
            };
            if (await IsInstalledAsync(server))
                found.Add(server);
            else
                await Console.Error.WriteLineAsync($"skipped: {server.Name}; to have it: apt-get install {Package(name)}");
        }
        return found;
    }

    private static ServerProgram Redis(int port, string reference) =>
        new("redis-server PING", "redis-server", "--port", $"{port}", "--save", "", "--appendonly", "no")
        {
            ListeningLine = "Ready to accept connections",
            Port = port,
            Wire = PingWire.Redis,
            Reference = reference,
        };

    private static async Task<bool> IsInstalledAsync(ServerProgram server) =>
        server.FileName == Environment.ProcessPath || await Tool.RunAsync(server.FileName, "--version") is not null;

    private static string Package(string name) => name == "redis" ? "redis-server" : "python3";

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
