using System.Diagnostics;
using System.Net;
using Hawser.App.Output;
using Hawser.Services.Ping;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary>Clients in parallel: every pong is printed as it comes, and a summary at the end, also after a
/// signal.</summary>
internal sealed class PingRun
{
    private readonly Lock _gate = new();
    private readonly List<double> _milliseconds = [];
    private int _failed;
    private string? _firstFailure;

    /// <summary>Clients are dealt out to them in turn.</summary>
    public required IReadOnlyList<EndPoint> Servers { get; init; }

    public required int Clients { get; init; }

    /// <summary>Pings of each client.</summary>
    public required int Count { get; init; }

    public required TimeSpan Interval { get; init; }

    public required TimeSpan Timeout { get; init; }

    /// <summary>Each line ends with its round-trip time. The exercise's lines have none.</summary>
    public required bool ShowsTime { get; init; }

    public async Task<int> RunAsync()
    {
        using var signal = new StopSignal();
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
        var options = new PingClientOptions { Client = client, Count = Count, Interval = Interval, Timeout = Timeout };
        try
        {
            await PingClient.RunAsync(Servers[client % Servers.Count], options, (n, time) =>
            {
                lock (_gate)
                    _milliseconds.Add(time.TotalMilliseconds);
                string took = ShowsTime ? $" time={time.TotalMilliseconds:0.000} ms" : "";
                Standard.Out.WriteLine($"Client #{client}: pong {client} {n}{took}");
            }, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // A ping that is under way at the signal is not lost.
        }
        catch (Exception e) when (
            e is ConnectException or ConnectionClosedException or ProtocolException or TimeoutException)
        {
            lock (_gate)
            {
                _failed++;
                _firstFailure ??= $"client #{client}: {e.Message}";
            }
        }
    }

    private void Summarize(TimeSpan time)
    {
        if (_milliseconds.Count == 0)
            return;
        _milliseconds.Sort();
        double median = (_milliseconds[(_milliseconds.Count - 1) / 2] + _milliseconds[_milliseconds.Count / 2]) / 2;
        string answered = _failed > 0 ? $"{Clients - _failed} of " : "";
        Standard.Out.WriteLine(
            $"{Quantity.FormatCount(_milliseconds.Count, "round trip")}, {answered}{Quantity.FormatCount(Clients, "client")}, {Quantity.FormatDuration(time)}; "
            + $"round-trip time min {_milliseconds[0]:0.000} ms, median {median:0.000} ms, max {_milliseconds[^1]:0.000} ms");
    }
}
