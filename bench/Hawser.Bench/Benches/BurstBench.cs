using System.Diagnostics;
using Hawser.Bench.Load;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;

namespace Hawser.Bench.Benches;

/// <summary><c>burst</c>: connections lost when more arrive at once than the backlog holds.</summary>
internal static class BurstBench
{
    private const int MessageBytes = 1_000_000;
    private const string SynCookies = "/proc/sys/net/ipv4/tcp_syncookies";
    private const string Orderly = "whole";
    private const string Missing = "bytes missing";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private sealed record Entry(ServerProgram Server, string Service, int Backlog)
    {
        public bool IsPing => Service == "ping";

        public List<Burst> Bursts { get; } = [];
    }

    /// <param name="IsFirst">The first burst since the server's start.</param>
    /// <param name="Seconds">Time until the last client had its outcome.</param>
    /// <param name="Outcomes">The outcome of each client.</param>
    private sealed record Burst(bool IsFirst, double Seconds, string[] Outcomes)
    {
        public int Lost => Outcomes.Count(outcome => outcome != Orderly);
    }

    /// <summary>Options: <c>--clients 30</c> per burst, <c>--bursts 6</c> per server, <c>--models
    /// select,threads,async,epoll</c>, <c>--rounds 5</c>, <c>--seed</c> of the order, <c>--folder</c> of received
    /// files (default: the temporary folder), and those of <see cref="ResultPage"/>.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        int clients = arguments.Number("clients", 30);
        int bursts = arguments.Number("bursts", 6, quick: 2);
        if (bursts < 1 || clients < 1 || bursts * clients > byte.MaxValue + 1)
            throw new FormatException("--bursts times --clients must be 1 to 256: each message repeats its own byte");
        ResultPage page = await ResultPage.BeginAsync("burst", "Burst of connections with a short backlog", arguments);
        List<Entry> entries = await EntriesAsync(arguments.Text("models", "select,threads,async,epoll").Split(','));
        using var folder = new ScratchFolder(arguments);
        var rounds = new Rounds(page, arguments, otherwise: 5);
        // Round 0 warms the clients; one burst is enough.
        await rounds.RunAsync(entries, NameOf, async (round, entry) =>
        {
            List<Burst> measured = await MeasureAsync(entry, clients, round == 0 ? 1 : bursts, folder.At("received"));
            if (round > 0)
                entry.Bursts.AddRange(measured);
            return $"lost of each burst: {string.Join(", ", measured.Select(burst => burst.Lost))}";
        }, Write, hasWarmUp: true);
        rounds.Finish(Write);

        void Write(Markdown text) => BurstBench.Write(text, entries, clients, bursts);
    }

    private static async Task<List<Entry>> EntriesAsync(string[] models)
    {
        var entries = new List<Entry>();
        if (await Repository.MakeReferenceAsync("accept", "accept_burst") is { } reference)
            entries.Add(new Entry(new ServerProgram("C", reference, "0"), "message", 10));
        string hawser = await Repository.PublishHawserAsync();
        foreach (string model in models)
        {
            entries.Add(Hawser("message", 10, "0"));
            entries.Add(Hawser("message", 512, "0", "--backlog", "512"));
            entries.Add(Hawser("ping", 512, "--port", "0"));

            Entry Hawser(string service, int backlog, params string[] options) => new(
                new ServerProgram(
                    $"hawser {model}", hawser,
                    ["serve", service, "--host", "127.0.0.1", "--model", model, .. options]),
                service, backlog);
        }
        return entries;
    }

    private static string NameOf(Entry entry) => $"{entry.Server.Name}, {entry.Service}, backlog {entry.Backlog}";

    private static async Task<List<Burst>> MeasureAsync(Entry entry, int clients, int bursts, string received)
    {
        ServerProgram program = entry.IsPing ? entry.Server : entry.Server with { OutputFile = received };
        using RunningServer server = await RunningServer.StartAsync(program);
        var measured = new List<Burst>();
        for (int burst = 0; burst < bursts; burst++)
        {
            byte[][] messages = [.. Enumerable.Range(burst * clients, clients).Select(Message)];
            long begin = Stopwatch.GetTimestamp();
            CrowdOutcome[] outcomes = entry.IsPing
                ? await Crowd.PingAsync(server.Port, clients, Patience)
                : await Crowd.SendAsync(server.Port, messages, Patience);
            double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            measured.Add(new Burst(burst == 0, seconds, [.. outcomes.Select(Text)]));
            await Task.Delay(Pause);
        }
        // An orderly end promises that the bytes are written.
        if (!entry.IsPing)
            MarkMissing(measured, Count(received));
        return measured;
    }

    /// <summary>A message repeats one byte, so that its bytes can be counted in the common output.</summary>
    private static byte[] Message(int number)
    {
        byte[] message = new byte[MessageBytes];
        message.AsSpan().Fill((byte)number);
        return message;
    }

    private static long[] Count(string file)
    {
        long[] counts = new long[byte.MaxValue + 1];
        byte[] chunk = new byte[MessageBytes];
        using FileStream stream = File.OpenRead(file);
        int read;
        while ((read = stream.Read(chunk)) > 0)
        {
            foreach (byte value in chunk.AsSpan(0, read))
                counts[value]++;
        }
        return counts;
    }

    private static void MarkMissing(List<Burst> bursts, long[] received)
    {
        int number = 0;
        foreach (string[] outcomes in bursts.Select(burst => burst.Outcomes))
        {
            for (int client = 0; client < outcomes.Length; client++, number++)
            {
                if (outcomes[client] == Orderly && received[number] != MessageBytes)
                    outcomes[client] = Missing;
            }
        }
    }

    private static string Text(CrowdOutcome outcome) => outcome switch
    {
        CrowdOutcome.Answered => Orderly,
        CrowdOutcome.Waited => "connected, timed out",
        CrowdOutcome.Unconnected => "connect timed out",
        CrowdOutcome.Closed => "reset",
        _ => "refused",
    };

    private static void Write(Markdown text, List<Entry> entries, int clients, int bursts)
    {
        text.Paragraph(
            $"""
            {clients} clients connect at once, {bursts} times in a row, to a server that has just started. With
            `message` (default backlog 10), each sends 1 MB, half-closes and reads to the end; with `ping` (default
            backlog 512), each sends one ping. C is a message server whose only thread does nothing but accept. A
            connection is lost if it is reset, is not established or has no orderly end within
            {Patience.TotalSeconds:0} s, or if the server's output lacks some of its bytes. A burst lasts until its
            last client has ended. Durations are medians of the bursts, with minimum and maximum.
            """);
        text.Paragraph(
            $"""
            If a burst lasts a second or more, the kernel dropped a SYN and the client retransmitted it. If more
            handshakes are pending than the backlog holds, Linux answers with SYN cookies (`net.ipv4.tcp_syncookies`
            is {File.ReadAllText(SynCookies).Trim()} here). A client with a cookie is reset if it sends more than one
            segment while the accept queue is full: only the first segment proves the cookie.
            """);
        text.Table(
            ["server", "service", "backlog", "lost in first bursts", "lost later", "first burst, s", "later, s"],
            entries.Select(entry => (string[])
            [
                entry.Server.Name,
                entry.Service,
                $"{entry.Backlog}",
                Lost(entry, isFirst: true),
                Lost(entry, isFirst: false),
                Seconds(entry, isFirst: true),
                Seconds(entry, isFirst: false),
            ]), texts: 2);
        foreach (Entry entry in entries)
        {
            string[] lost = [.. entry.Bursts.SelectMany(burst => burst.Outcomes).Where(outcome => outcome != Orderly)
                .CountBy(outcome => outcome).Select(outcome => $"{outcome.Value} {outcome.Key}")];
            if (lost.Length > 0)
                text.Line($"- Lost with {NameOf(entry)}: {string.Join(", ", lost)}");
        }
    }

    private static string Lost(Entry entry, bool isFirst)
    {
        Burst[] bursts = [.. entry.Bursts.Where(burst => burst.IsFirst == isFirst)];
        return $"{bursts.Sum(burst => burst.Lost)} of {bursts.Sum(burst => burst.Outcomes.Length)}";
    }

    private static string Seconds(Entry entry, bool isFirst) =>
        new Sample(entry.Bursts.Where(burst => burst.IsFirst == isFirst).Select(burst => burst.Seconds))
            .ToString("0.00");
}
