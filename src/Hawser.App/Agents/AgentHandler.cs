using System.Text;
using System.Threading.Channels;
using Hawser.App.LoadReports;
using Hawser.Limits;
using Hawser.Services;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.Agents;

/// <summary>Runs loads for clients, one at a time. A load ends early when its client half-closes, leaves or is
/// silent.</summary>
/// <param name="token">The shared secret; empty for none.</param>
/// <param name="log">Receives a line for each load.</param>
/// <param name="run">Runs a load; null for the usual one.</param>
internal sealed class AgentHandler(
    byte[] token, TextWriter log,
    Func<PingLoadOptions, Action<PingLoadView>, CancellationToken, Task<PingLoadReport>>? run = null)
    : IConnectionHandler
{
    // Clients without a request keep out no other: over this number the oldest is reset.
    private const int MostWaiting = 64;

    // Some are free even then, because only an accepted connection can take the place of another.
    private const int MostConnections = MostWaiting + 16;

    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(10);

    private readonly EvictionQueue _waiting = new(MostWaiting);
    private int _busy;

    /// <summary>The limits of a server with this handler: 80 connections, an hour each, and 15 s for bytes that its
    /// peer does not take.</summary>
    public static ServerLimits Limits { get; } = new()
    {
        Connections = MostConnections,
        IdleTimeout = AgentProtocol.LongestSilence,
        TotalTimeout = TimeSpan.FromHours(1),
    };

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        try
        {
            if (await ReadRequestAsync(connection) is not { } request)
                return;
            PingLoadOptions options = request.ToOptions();
            if (LoadPreflight.FindObstacles(options) is [var obstacle, ..])
                throw new FormatException(obstacle);
            if (Interlocked.Exchange(ref _busy, 1) == 1)
                throw new ProtocolException("busy with another load");
            log.WriteLine($"load for {connection.RemoteEndPoint}: {Quantity.FormatCount(options.Clients, "client")}, "
                + string.Join(", ", options.Servers.Select(EndPointText.Of)));
            await LoadAsync(connection, options);
        }
        catch (TimeoutException e)
        {
            await connection.WriteAsync(AgentProtocol.WriteRefusal(e.Message));
        }
        catch (Exception e) when (e is ProtocolException or FormatException)
        {
            log.WriteLine($"refused {connection.RemoteEndPoint}: {Printable.Line(e.Message)}");
            await connection.WriteAsync(AgentProtocol.WriteRefusal(e.Message));
            if (e is ProtocolException)
                throw;
        }
    }

    /// <summary>Greets a client and reads its request.</summary>
    /// <returns>Null if the client leaves without one.</returns>
    /// <exception cref="TimeoutException">It sends none in time.</exception>
    private async Task<AgentRequest?> ReadRequestAsync(Connection connection)
    {
        byte[] nonce = TokenProof.NewNonce();
        LinkedListNode<Connection> place = _waiting.Enter(connection, out Connection? oldest);
        oldest?.Abort();
        using var limit = new CancellationTokenSource(RequestLimit, connection.Time);
        try
        {
            await connection.WriteAsync(AgentProtocol.Greeting(nonce));
            return await connection.TryReadLineAsync(AgentProtocol.LongestRequest, limit.Token) is { } line
                ? AgentProtocol.ParseRequest(line.Span, nonce, token) : null;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"no request within {RequestLimit.TotalSeconds} s");
        }
        finally
        {
            _waiting.Leave(place);
        }
    }

    private async Task LoadAsync(Connection connection, PingLoadOptions options)
    {
        using var stop = new CancellationTokenSource();
        await connection.DuplexAsync(
            async cancel =>
            {
                try
                {
                    await ReadHeartbeatsAsync(connection, cancel);
                }
                finally
                {
                    await stop.CancelAsync();
                }
            },
            async _ =>
            {
                var lines = Channel.CreateUnbounded<string>();
                Task load = RunAsync(options, lines.Writer, stop.Token);
                try
                {
                    await foreach (string line in lines.Reader.ReadAllAsync(CancellationToken.None))
                        await connection.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), CancellationToken.None);
                }
                finally
                {
                    await stop.CancelAsync();
                    await load;
                }
            });
    }

    /// <summary>Reads the heartbeats of a client until it half-closes; otherwise aborts the connection.</summary>
    private async Task ReadHeartbeatsAsync(Connection connection, CancellationToken cancel)
    {
        while (true)
        {
            var silence = Deadline.After(AgentProtocol.LongestSilence, connection.Time);
            InputState state = await connection.WaitForInputAsync(silence, cancel);
            // Only a client that half-closes gets the report of a load that ends early.
            if (state == InputState.Finished)
                return;
            if (state == InputState.TimedOut)
            {
                log.WriteLine($"ended the load for {connection.RemoteEndPoint}: no heartbeat for "
                    + $"{AgentProtocol.LongestSilence.TotalSeconds} s");
            }
            if (state != InputState.Ready
                || (await connection.ReadAsync(cancel)).Span.ContainsAnyExcept(AgentProtocol.Heartbeat))
            {
                connection.Abort();
                return;
            }
        }
    }

    private async Task RunAsync(PingLoadOptions options, ChannelWriter<string> lines, CancellationToken cancel)
    {
        string last = "";
        try
        {
            last = LoadJson.Of(new LoadOutcome(
                await (run ?? PingLoad.RunAsync)(options, view => lines.TryWrite(LoadJson.Of(view)), cancel)));
        }
        catch (Exception e)
        {
            log.WriteLine($"ERROR: fault of a load: {e}");
            last = Encoding.UTF8.GetString(AgentProtocol.WriteRefusal(
                e is IOException or PlatformNotSupportedException ? e.Message
                : "internal error; the log of the agent has it")).TrimEnd();
        }
        finally
        {
            // A client that has the report may ask for the next load at once.
            Volatile.Write(ref _busy, 0);
            lines.TryWrite(last);
            lines.Complete();
        }
    }
}
