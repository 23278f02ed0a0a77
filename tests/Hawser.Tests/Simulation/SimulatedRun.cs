using System.Net;
using Hawser.Models;
using Hawser.Tests.Support;

namespace Hawser.Tests.Simulation;

/// <summary>One run under one seed: a server and its clients, and a stop at a random moment.</summary>
internal sealed class SimulatedRun : IServerObserver
{
    private const int LastLines = 60;
    private static readonly TimeSpan AbortGrace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AmpleDrain = TimeSpan.FromMinutes(2);

    private readonly int _seed;
    private readonly bool _stopShutsInput;
    private readonly TimeSpan _stopAt;
    private readonly List<string> _violations = [];
    private readonly Dictionary<EndPoint, Conversation> _conversations = [];
    private TimeSpan? _stoppedAt;

    private SimulatedRun(int seed, bool stopShutsInput)
    {
        _seed = seed;
        _stopShutsInput = stopShutsInput;
        Scheduler = new SimulatedScheduler(seed);
        Time = new SimulatedTime(Scheduler);
        Trace = new Trace(Scheduler);
        Model = new SimulatedModel(Scheduler, Trace);
        _stopAt = Scheduler.Draw(TimeSpan.FromMilliseconds(Scheduler.OneIn(8) ? 5000 : 300));
        Limits = new ServerLimits
        {
            IdleTimeout = Scheduler.OneIn(4) ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(5),
            DrainTimeout = Scheduler.OneIn(4)
                ? TimeSpan.FromMilliseconds(Scheduler.Random.Next(1, 50))
                : AmpleDrain,
            LingerTimeout = TimeSpan.FromMinutes(1),
        };
    }

    public SimulatedScheduler Scheduler { get; }

    public SimulatedTime Time { get; }

    public SimulatedModel Model { get; }

    public ServerLimits Limits { get; }

    public Trace Trace { get; }

    /// <summary>Every conversation can end within the drain time.</summary>
    public bool DrainSuffices => Limits.DrainTimeout == AmpleDrain;

    public bool HasBeenStopped => _stoppedAt is not null;

    public bool DrainHasPassed => Scheduler.Now + SimulatedTime.LongestHaste >= _stoppedAt + Limits.DrainTimeout;

    /// <summary>From the stop on, interrupts shut down the input: a deliberate defect.</summary>
    public bool InterruptsShutInput => _stopShutsInput && HasBeenStopped;

    /// <summary>The promises that the server broke.</summary>
    public IReadOnlyList<string> Violations => _violations;

    /// <summary>Plays one run to its end.</summary>
    /// <param name="seed">Decides everything.</param>
    /// <param name="converse">Makes the client of that number.</param>
    /// <param name="stopShutsInput">Reintroduces a bug of the first edition.</param>
    public static SimulatedRun Play(
        int seed, Func<SimulatedRun, int, Conversation> converse, bool stopShutsInput = false)
    {
        var run = new SimulatedRun(seed, stopShutsInput);
        for (int i = 1 + run.Scheduler.Random.Next(6); i > 0; i--)
        {
            Conversation conversation = converse(run, i);
            run._conversations.Add(conversation.Transport.RemoteEndPoint!, conversation);
        }
        try
        {
            run.Scheduler.Run(run.PlayAsync);
        }
        catch (Exception e)
        {
            run._violations.Add(e.ToString());
        }
        run._violations.AddRange(run.Trace.Faults);
        run._violations.AddRange(run._conversations.Values.SelectMany(conversation => conversation.Violations()));
        return run;
    }

    /// <summary>The seed, the violations and the last events.</summary>
    public override string ToString() =>
        $"seed {_seed}:\n{string.Join('\n', _violations)}\n\n{string.Join('\n', Trace.Lines.TakeLast(LastLines))}";

    void IServerObserver.Accepted(Connection connection)
    {
        Trace.Add($"connection {connection.Id}", $"is accepted from {connection.RemoteEndPoint}");
        Of(connection).Accepted();
    }

    void IServerObserver.Closed(Connection connection, CloseReason reason)
    {
        Trace.Add($"connection {connection.Id}", $"is closed: {reason}");
        Of(connection).Closed(reason);
    }

    void IServerObserver.Faulted(Connection connection, Exception fault) =>
        Trace.AddFault($"connection {connection.Id}", fault.ToString());

    void IServerObserver.Faulted(Exception fault) => Trace.AddFault("server", fault.ToString());

    void IServerObserver.Exhausted(string what) => Trace.Add("server", $"is out of {what}");

    private async Task PlayAsync()
    {
        var options = new ServerOptions
        {
            EndPoints = [],
            Model = new ConcurrencyModel("simulated", "one thread, virtual time", _ => Model),
            Limits = Limits,
            Observer = this,
            TimeProvider = Time,
            Scheduler = Scheduler,
        };
        var handler = new LambdaHandler((connection, stopping) => Of(connection).ServeAsync(connection, stopping));
        Server server = Server.Start(handler, options, ListenerSet.Empty());
        Task clients = Task.WhenAll(_conversations.Values.Select(conversation => conversation.PlayAsync()));
        await Task.Delay(_stopAt, Time);
        await StopAsync(server);
        await clients;
    }

    private async Task StopAsync(Server server)
    {
        Trace.Add("server", "is asked to stop");
        _stoppedAt = Scheduler.Now;
        foreach (Conversation conversation in _conversations.Values)
            conversation.Stopping();
        Task<DrainReport> stop = server.StopAsync();
        await Task.Delay(Scheduler.Draw(TimeSpan.FromMilliseconds(5)), Time);
        Task again = Scheduler.OneIn(2) ? server.DisposeAsync().AsTask() : server.StopAsync();
        DrainReport report = await stop;
        await again;
        Trace.Add("server", $"has stopped: {report}");
        await server.Completion;
        Trace.Add("server", "is complete");

        if (report.Stuck > 0)
            _violations.Add($"the server reports {report}");
        if (report.Aborted > 0 && !DrainHasPassed)
            _violations.Add($"the server reports {report} before the drain time has passed");
        if (Scheduler.Now - _stoppedAt > Limits.DrainTimeout + AbortGrace)
            _violations.Add($"the stop took {Scheduler.Now - _stoppedAt}");
    }

    private Conversation Of(Connection connection) => _conversations[connection.RemoteEndPoint!];
}
