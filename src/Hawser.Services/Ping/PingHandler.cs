using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Text;
using Hawser.Services.Measuring;
using Hawser.Services.Text;

namespace Hawser.Services.Ping;

/// <summary>Answers every ping with a pong.</summary>
public sealed class PingHandler : IConnectionHandler
{
    private readonly PingHandlerOptions _options;
    private readonly TextWriter _log;
    private readonly bool _isHeldUp;
    private readonly PaddedCounter? _roundTrips;

    /// <param name="options">The artificial work and pauses before each pong.</param>
    /// <param name="log">Receives a line when a client connects and when it disconnects.</param>
    /// <param name="meter">Gets the counter of round trips; null for none.</param>
    public PingHandler(PingHandlerOptions options, TextWriter log, Meter? meter = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _log = log;
        _isHeldUp = options.Work > TimeSpan.Zero || options.SlowClients.Count > 0;
        if (meter is null)
            return;
        // Observed rather than recorded: a listener then costs a ping nothing.
        var roundTrips = new PaddedCounter();
        _roundTrips = roundTrips;
        meter.CreateObservableCounter(
            "hawser.ping.round_trips", () => roundTrips.Value, "{round_trip}", "Pings answered.");
    }

    /// <inheritdoc/>
    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        _log.WriteLine($"+ connection {connection.Id} from {EndPointText.OfPeer(connection)} on thread {ThreadName()}");
        long pongs = 0;
        long counted = 0;
        try
        {
            while (await connection.WaitForInputAsync() == InputState.Ready
                && await connection.TryReadLineAsync(PingProtocol.LineLimit) is { } first)
            {
                ReadOnlyMemory<byte> line = first;
                do
                {
                    Answer(connection, line.Span, stopping);
                    pongs++;
                }
                while (!_isHeldUp && connection.TryTakeLine(PingProtocol.LineLimit, out line));
                // Counted before the write, so that the metrics have every pong that a client has.
                _roundTrips?.Add(pongs - counted);
                counted = pongs;
                // One write for the pongs of pings that arrived together.
                await connection.Output.FlushAsync();
            }
        }
        catch (ProtocolException broken)
        {
            await connection.WriteAsync(Encoding.ASCII.GetBytes($"ERROR: {broken.Message}\n"));
            throw;
        }
        finally
        {
            // Pongs before a malformed line are sent with the error.
            _roundTrips?.Add(pongs - counted);
            _log.WriteLine($"- connection {connection.Id} after {Quantity.FormatCount(pongs, "pong")}");
        }
    }

    private void Answer(Connection connection, ReadOnlySpan<byte> ping, CancellationToken stopping)
    {
        if (!PingProtocol.TryParsePing(ping, out long client, out _))
            throw new ProtocolException(PingProtocol.Rule);
        if (_options.Verbose)
            _log.WriteLine($"  connection {connection.Id}: {Encoding.ASCII.GetString(ping)}");
        if (_isHeldUp)
            HoldThread(client, stopping);
        PipeWriter output = connection.Output;
        output.Advance(PingProtocol.WritePong(ping, output.GetSpan(PingProtocol.LineLimit)));
    }

    /// <summary>Occupies the thread on purpose: the service shows what that costs under each model.</summary>
    private void HoldThread(long client, CancellationToken stopping)
    {
        if (_options.SlowClients.TryGetValue(client, out TimeSpan pause))
            stopping.WaitHandle.WaitOne(pause);
        if (_options.Work > TimeSpan.Zero)
            ThreadCpuTime.Burn(_options.Work);
    }

    private static string ThreadName() =>
        Thread.CurrentThread.Name is { Length: > 0 } name ? $"'{name}'" : $"{Environment.CurrentManagedThreadId}";
}
