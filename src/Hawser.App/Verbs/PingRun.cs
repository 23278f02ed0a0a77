using System.Diagnostics;
using System.Net;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.Services.Ping;
using Hawser.Services.Text;
using Hawser.Transports;

namespace Hawser.App.Verbs;

/// <summary>Runs ping clients in parallel. Prints every pong as it arrives and a summary at the end, also after a
/// signal.</summary>
internal sealed class PingRun
{
    private readonly Lock _gate = new();
    private readonly List<double> _milliseconds = [];
    private int _failed;
    private string? _firstFailure;

    /// <summary>The servers. Clients are assigned to them in turn.</summary>
    public required IReadOnlyList<EndPoint> Servers { get; init; }

    public required int Clients { get; init; }

    /// <summary>Pings of each client.</summary>
    public required int Count { get; init; }

    public required TimeSpan Interval { get; init; }

    public required TimeSpan Timeout { get; init; }

    /// <summary>Each line ends with its round-trip time. The exercise's lines have none.</summary>
    public required bool ShowsTime { get; init; }

    /// <summary>Pongs and summary are lines of JSON.</summary>
    public required bool Json { get; init; }

    /// <summary>Layers between the wire and the pings, by server.</summary>
    public required Func<EndPoint, IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>>> Layers
    {
        get;
        init;
    }

    public async Task<int> RunAsync()
    {
        var signal = new StopSignal();
        await PingWarmUp.RunAsync();
        long begin = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => PingAsync(client, signal.Token)));
        Summarize(Stopwatch.GetElapsedTime(begin));
        if (_firstFailure is not null)
        {
            string howMany = Clients == 1 ? "" : $"{_failed} of {Clients} clients failed, first ";
            Standard.Error.WriteLine($"ERROR: {howMany}{_firstFailure}");
        }
        return _failed == Clients || _milliseconds.Count == 0 ? ExitCode.Failed
            : _failed > 0 ? ExitCode.PartlyDone
            : ExitCode.Done;
    }

    private async Task PingAsync(int client, CancellationToken stop)
    {
        EndPoint server = Servers[client % Servers.Count];
        var options = new PingClientOptions
        {
            Client = client,
            Count = Count,
            Interval = Interval,
            Timeout = Timeout,
            Layers = Layers(server),
        };
        try
        {
            await PingClient.RunAsync(server, options, (n, time) =>
            {
                lock (_gate)
                    _milliseconds.Add(time.TotalMilliseconds);
                Standard.Out.WriteLine(Json ? ToJson(client, server, n, time) : ToText(client, n, time));
            }, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // A ping in flight at the signal does not count as lost.
        }
        catch (Exception e) when (
            e is ConnectException or ConnectionClosedException or ProtocolException or TimeoutException)
        {
            lock (_gate)
            {
                _failed++;
                _firstFailure ??= $"client #{client}: {EndPointText.Blame(server, e)}";
            }
        }
    }

    private string ToText(int client, long n, TimeSpan time)
    {
        string took = ShowsTime ? $" time={time.TotalMilliseconds:0.000} ms" : "";
        return $"Client #{client}: pong {client} {n}{took}";
    }

    private static string ToJson(int client, EndPoint server, long n, TimeSpan time) => JsonLine.Of(json =>
    {
        json.WriteString("type", "pong");
        json.WriteNumber("client", client);
        json.WriteString("server", EndPointText.Of(server));
        json.WriteNumber("n", n);
        json.WriteNumber("round_trip_ns", (long)time.TotalNanoseconds);
    });

    private void Summarize(TimeSpan time)
    {
        _milliseconds.Sort();
        if (Json)
        {
            Standard.Out.WriteLine(SummaryJson(time));
            return;
        }
        // A single client without a pong prints its error only.
        if (_milliseconds.Count == 0 && Clients == 1 && _failed > 0)
            return;
        string answered = _failed > 0 ? $"{Clients - _failed} of " : "";
        string spread = _milliseconds.Count == 0 ? "" : "; round-trip time "
            + $"min {_milliseconds[0]:0.000} ms, median {Median():0.000} ms, max {_milliseconds[^1]:0.000} ms";
        Standard.Out.WriteLine($"{Quantity.FormatCount(_milliseconds.Count, "round trip")}, "
            + $"{answered}{Quantity.FormatCount(Clients, "client")}, {Quantity.FormatDuration(time)}{spread}");
    }

    private string SummaryJson(TimeSpan time) => JsonLine.Of(json =>
    {
        json.WriteString("type", "summary");
        json.WriteNumber("clients", Clients);
        json.WriteNumber("failed_clients", _failed);
        json.WriteNumber("round_trips", _milliseconds.Count);
        json.WriteNumber("seconds", time.TotalSeconds);
        if (_milliseconds.Count == 0)
            return;
        json.WriteNumber("min_ns", (long)(1e6 * _milliseconds[0]));
        json.WriteNumber("median_ns", (long)(1e6 * Median()));
        json.WriteNumber("max_ns", (long)(1e6 * _milliseconds[^1]));
    });

    private double Median() => (_milliseconds[(_milliseconds.Count - 1) / 2] + _milliseconds[_milliseconds.Count / 2]) / 2;
}
