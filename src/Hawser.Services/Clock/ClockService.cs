using System.Diagnostics;
using Hawser.Models;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Server;
using Hawser.Services.Clock.Wire;
using Hawser.Services.Text;

namespace Hawser.Services.Clock;

/// <summary>The clock service: exchanges timestamps with clients at a fixed rate; afterwards the clients swap
/// recordings.</summary>
public sealed class ClockService : Service
{
    /// <summary><c>--out DIR</c>.</summary>
    public static readonly ServiceOption<string> Out =
        new("out", "DIR", "where the recording goes; created if missing", "out", text => text);

    /// <summary><c>--session NAME</c>.</summary>
    public static readonly ServiceOption<string> Session =
        new("session", "NAME", "serve no client of another session", null, text => text);

    /// <summary><c>--session-file FILE</c>.</summary>
    public static readonly ServiceOption<string> SessionFile =
        new("session-file", "FILE", "the same, with the name in a file: a secret", null, text => text);

    /// <summary><c>--recording-limit SIZE</c>.</summary>
    public static readonly ServiceOption<long> RecordingLimit = new(
        "recording-limit", "SIZE", "the most bytes of serverTimeData.txt; ticks beyond are answered and not recorded",
        "4GiB", ParseRecordingLimit);

    private const int DemoClients = 5;
    private static readonly TimeSpan DemoTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortDemoTime = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public override string Name => "clock";

    /// <inheritdoc/>
    public override string Summary => "answers ticks with its own time, and introduces its clients to each other";

    /// <inheritdoc/>
    public override int DefaultPort => 5555;

    /// <inheritdoc/>
    public override string DefaultModel => OperatingSystem.IsLinux() ? "epoll" : "select";

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceOption> Options => [Out, Session, SessionFile, RecordingLimit];

    /// <inheritdoc/>
    public override ServerLimits DefaultLimits => new()
    {
        FirstByteTimeout = TimeSpan.FromSeconds(10),
        Connections = ClockLimits.Clients + 100,
        // Clients have leases of their own.
        IdleTimeout = TimeSpan.FromMinutes(5),
        DrainTimeout = TimeSpan.FromSeconds(2),
    };

    /// <inheritdoc/>
    public override string Destination(ServiceSettings settings) =>
        Path.GetFullPath(TimeDataWriter.ServerPath(settings.Get(Out)));

    /// <inheritdoc/>
    public override IConnectionHandler CreateHandler(ServiceSettings settings, ServiceEnvironment environment) =>
        new ClockHandler(
            settings.Get(Out), environment.Log, environment.Errors, TimeProvider.System, SessionOf(settings),
            settings.Get(RecordingLimit), meter: environment.Meter);

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<Demonstration>> DemonstrateAsync(ConcurrencyModel model, string folder)
    {
        ServiceSettings settings = new ServiceSettings().Set(Out, folder);
        await using ServiceHost host = ServiceHost.StartForDemonstration(this, settings, model, Stream.Null);
        var options = new ClockClientOptions
        {
            Server = host.EndPoint,
            Folder = folder,
            Clients = model.IsConcurrent ? DemoClients : 1,
            Duration = model.Name == DefaultModel ? DemoTime : ShortDemoTime,
        };
        long begin = Stopwatch.GetTimestamp();
        ClockRun run = await ClockClients.RunAsync(options, TextWriter.Null);
        TimeSpan time = Stopwatch.GetElapsedTime(begin);
        await host.StopAsync();
        long bytes = Directory.EnumerateFiles(folder, "*.txt", SearchOption.AllDirectories)
            .Sum(path => new FileInfo(path).Length);
        return [new($"{options.Clients} clients, {run.Report.All.Exchanges} exchanges, "
            + $"{run.Report.Clients.Sum(client => client.Deliveries?.Delivered ?? 0)} recordings swapped, {model.Name}",
            bytes, time, Compare(options, run))];
    }

    private static SessionKey? SessionOf(ServiceSettings settings)
    {
        string? name = SessionName.From(settings.Find(Session), settings.Find(SessionFile));
        return name is null ? null : SessionKey.Of(name);
    }

    private static long ParseRecordingLimit(string text)
    {
        long bytes = Quantity.ParseSize(text);
        return bytes >= 4096
            ? bytes
            : throw new FormatException($"'{text}' is less than --recording-limit needs, 4096 bytes");
    }

    /// <summary>Checks that every copy equals its original and that the server recorded every row of a
    /// client.</summary>
    private static string? Compare(ClockClientOptions options, ClockRun run)
    {
        if (!run.IsComplete)
            return run.Troubles.Count > 0 ? run.Troubles[0] : "a recording was not delivered";
        uint[] ids = [.. run.Report.Clients.Select(client => client.ClientId!.Value)];
        foreach ((uint id, uint other) in
            ids.SelectMany(id => ids.Where(other => other != id).Select(other => (id, other))))
        {
            byte[] original = File.ReadAllBytes(TimeDataWriter.ClientPath(options.Folder, other));
            if (!original.AsSpan().SequenceEqual(File.ReadAllBytes(TimeDataWriter.CopyPath(options.Folder, id, other))))
                return $"client {id} has another recording of client {other} than client {other}";
        }
        using FileStream file = File.OpenRead(TimeDataWriter.ServerPath(options.Folder));
        IReadOnlyList<TimeDataRun> server = TimeDataReader.Read(file);
        long rows = run.Report.All.Sent + run.Report.All.Exchanges, recorded = server.Sum(part => part.Rows);
        return server.Any(part => part.Ending != TimeDataEnding.Whole) ? "the server's recording is cut"
            : recorded != rows ? $"the server recorded {recorded} rows, the clients {rows}"
            : null;
    }
}
