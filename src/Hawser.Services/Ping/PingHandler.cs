using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Text;
using Hawser.Services.Measuring;
using Hawser.Services.Text;

namespace Hawser.Services.Ping;

/// <summary>Answers every ping with a pong.</summary>
/// <param name="options">The artificial work and pauses before each pong.</param>
/// <param name="log">Receives a line when a client connects and when it disconnects.</param>
/// <param name="meter">Has the counter of round trips; null for none.</param>
public sealed class PingHandler(PingHandlerOptions options, TextWriter log, Meter? meter = null) : IConnectionHandler
{
    private readonly Counter<long>? _roundTrips = meter?.CreateCounter<long>(
        "hawser.ping.round_trips", "{round_trip}", "Pings answered.");

    private readonly bool _isHeldUp = options.Work > TimeSpan.Zero || options.SlowClients.Count > 0;

    /// <inheritdoc/>
    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        log.WriteLine($"+ connection {connection.Id} from {EndPointText.OfPeer(connection)} on thread {ThreadName()}");
        long pongs = 0;
        try
        {
            while (await connection.WaitForInputAsync() == InputState.Ready
                && await connection.TryReadLineAsync(PingProtocol.LineLimit) is { } first)
            {
                ReadOnlyMemory<byte> line = first;
                long before = pongs;
                do
                {
                    Answer(connection, line.Span, stopping);
                    pongs++;
                }
                while (!_isHeldUp && connection.TryTakeLine(PingProtocol.LineLimit, out line));
                // One write for the pongs of pings that arrived together.
                await connection.Output.FlushAsync();
                _roundTrips?.Add(pongs - before);
            }
        }
        catch (ProtocolException broken)
        {
            await connection.WriteAsync(Encoding.ASCII.GetBytes($"ERROR: {broken.Message}\n"));
            throw;
        }
        finally
        {
            log.WriteLine($"- connection {connection.Id} after {Quantity.FormatCount(pongs, "pong")}");
        }
    }

    private void Answer(Connection connection, ReadOnlySpan<byte> ping, CancellationToken stopping)
    {
        if (!PingProtocol.TryParsePing(ping, out long client, out _))
            throw new ProtocolException(PingProtocol.Rule);
        if (options.Verbose)
            log.WriteLine($"  connection {connection.Id}: {Encoding.ASCII.GetString(ping)}");
        if (_isHeldUp)
            HoldThread(client, stopping);
        PipeWriter output = connection.Output;
        output.Advance(PingProtocol.WritePong(ping, output.GetSpan(PingProtocol.LineLimit)));
    }

    /// <summary>Occupies the thread on purpose: the service shows what that costs under each model.</summary>
    private void HoldThread(long client, CancellationToken stopping)
    {
        if (options.SlowClients.TryGetValue(client, out TimeSpan pause))
            stopping.WaitHandle.WaitOne(pause);
        if (options.Work > TimeSpan.Zero)
            ThreadCpuTime.Burn(options.Work);
    }

    private static string ThreadName() =>
        Thread.CurrentThread.Name is { Length: > 0 } name ? $"'{name}'" : $"{Environment.CurrentManagedThreadId}";
}
