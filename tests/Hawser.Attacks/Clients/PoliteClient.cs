using System.Diagnostics;
using System.Net.Sockets;
using Hawser.Services.Measuring;

namespace Hawser.Attacks.Clients;

/// <summary>A client that obeys the protocol, one conversation after the other, on a thread of its own.</summary>
internal abstract class PoliteClient(int port) : IDisposable
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(50);

    protected int Port { get; } = port;

    /// <summary>Between two conversations.</summary>
    protected virtual TimeSpan Pause => TimeSpan.FromMilliseconds(2);

    public static PoliteClient Create(string service, int port) => service switch
    {
        "ping" => new PolitePing(port),
        "message" => new PoliteMessage(port),
        "upload" => new PoliteUpload(port),
        "numbers" => new PoliteNumbers(port),
        _ => new PoliteClock(port),
    };

    /// <summary>Measures conversations for that long; the last one may take longer.</summary>
    public Task<Figures> MeasureAsync(TimeSpan duration)
    {
        var done = new TaskCompletionSource<Figures>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => done.SetResult(Measure(duration))) { IsBackground = true, Name = "polite client" }.Start();
        return done.Task;
    }

    public virtual void Dispose()
    {
    }

    /// <summary>One conversation.</summary>
    /// <returns>Null if it was served, else the reason why the server refused.</returns>
    /// <exception cref="IOException">The server did not keep to the protocol.</exception>
    /// <exception cref="SocketException">The connection broke, or there was no answer in time.</exception>
    protected abstract string? Converse();

    private Figures Measure(TimeSpan duration)
    {
        var latency = new LatencyHistogram();
        long refused = 0;
        long failed = 0;
        string? refusal = null;
        string? failure = null;
        using var clock = new ManualResetEventSlim();
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < duration)
        {
            TimeSpan pause = Pause;
            long sent = Stopwatch.GetTimestamp();
            try
            {
                if (Converse() is { } reason)
                {
                    refused++;
                    refusal ??= reason;
                }
                latency.Record((long)Stopwatch.GetElapsedTime(sent).TotalNanoseconds);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                failed++;
                failure ??= e.Message;
                pause = PauseAfterFailure;
            }
            clock.Wait(pause);
        }
        return new Figures(
            latency.Count - refused, refused, failed, Stopwatch.GetElapsedTime(begin),
            latency.PercentileNs(50) / 1e6, latency.PercentileNs(99) / 1e6, failure ?? refusal);
    }
}
