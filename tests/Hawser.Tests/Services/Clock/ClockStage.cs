using System.Net;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Clock;
using Hawser.Services.Clock.Recording;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock;

/// <summary>A clock server with a folder, and clients of it.</summary>
internal sealed class ClockStage : IAsyncDisposable
{
    public static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    /// <summary>For a test that joins while it goes on.</summary>
    public static readonly TimeSpan LongEnoughToJoin = TimeSpan.FromSeconds(2);

    public static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    private readonly ServiceHost _host;

    private ClockStage(string model, ServiceSettings settings, TemporaryFolder folder)
    {
        Folder = folder;
        var service = new ClockService();
        var environment = new ServiceEnvironment
        {
            Log = Log,
            Errors = Errors,
            Output = Stream.Null,
            Fail = _ => { },
        };
        _host = ServiceHost.Start(service, settings.Set(ClockService.Out, Folder["server"]), environment,
            new ServerOptions
            {
                EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
                Model = ConcurrencyModels.Get(model),
                Limits = service.DefaultLimits,
                Observer = Observer,
            });
    }

    public TemporaryFolder Folder { get; }

    public LogLines Log { get; } = new();

    public LogLines Errors { get; } = new();

    public RecordingObserver Observer { get; } = new();

    public EndPoint EndPoint => _host.EndPoint;

    public string ServerFile => TimeDataWriter.ServerPath(Folder["server"]);

    public static ClockStage Start(string model = "async", ServiceSettings? settings = null) =>
        new(model, settings ?? new ServiceSettings(), new TemporaryFolder());

    /// <summary>Another server, after this one has stopped, with the same folder.</summary>
    public ClockStage StartAgain() => new("async", new ServiceSettings(), Folder);

    public ClockClientOptions Options(int clients, TimeSpan duration) => new()
    {
        Server = EndPoint,
        Folder = Folder["out"],
        Clients = clients,
        Duration = duration,
    };

    public Task<ClockRun> RunAsync(int clients, TimeSpan duration, CancellationToken leave = default) =>
        RunAsync(Options(clients, duration), leave);

    public static Task<ClockRun> RunAsync(ClockClientOptions options, CancellationToken leave = default) =>
        ClockClients.RunAsync(options, TextWriter.Null, leave).Bounded();

    public string ClientFile(uint id) => TimeDataWriter.ClientPath(Folder["out"], id);

    public string Copy(uint id, uint other) => TimeDataWriter.CopyPath(Folder["out"], id, other);

    public Task<DrainReport> StopAsync() => _host.StopAsync().Bounded();

    /// <summary>Waits until a client's first rows are on the disk, so that it is certainly recording.</summary>
    public Task WaitForRowsAsync(uint id = 0) =>
        Patience.UntilAsync(() => File.Exists(ClientFile(id)) && new FileInfo(ClientFile(id)).Length > 200);

    /// <summary>The one run of the server's file.</summary>
    public TimeDataRun ReadServerFile() => Assert.Single(ReadServerRuns());

    public IReadOnlyList<TimeDataRun> ReadServerRuns()
    {
        using FileStream file = File.OpenRead(ServerFile);
        return TimeDataReader.Read(file);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync().AsTask().Bounded();
        // A server that was started again has removed it.
        if (Directory.Exists(Folder.Root))
            Folder.Dispose();
    }
}
