using System.Text;
using System.Threading.Channels;
using Hawser.App.Output;
using Hawser.Services;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.Lab.Agents;

/// <summary>Serves labs: one load at a time, ended when the lab leaves.</summary>
/// <param name="token">The shared secret; empty for none.</param>
/// <param name="log">Receives a line for each load.</param>
/// <param name="run">Runs a load; null for the usual one.</param>
internal sealed class AgentHandler(
    byte[] token, TextWriter log,
    Func<PingLoadOptions, Action<PingLoadView>, CancellationToken, Task<PingLoadReport>>? run = null)
    : IConnectionHandler
{
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(10);

    private int _busy;

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        byte[] nonce = TokenProof.NewNonce();
        await connection.WriteAsync(AgentProtocol.Greeting(nonce));
        using var limit = new CancellationTokenSource(RequestLimit, connection.Time);
        try
        {
            if (await connection.TryReadLineAsync(AgentProtocol.LongestRequest, limit.Token) is not { } line)
                return;
            limit.CancelAfter(Timeout.InfiniteTimeSpan);
            PingLoadOptions options = AgentProtocol.ParseRequest(line.Span, nonce, token).ToOptions();
            if (Interlocked.Exchange(ref _busy, 1) == 1)
                throw new ProtocolException("busy with another load");
            try
            {
                log.WriteLine($"load for {connection.RemoteEndPoint}: {options.Clients} clients, {options.Servers[0]}");
                await LoadAsync(connection, options);
            }
            finally
            {
                Volatile.Write(ref _busy, 0);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            await connection.WriteAsync(AgentProtocol.WriteRefusal("no request within 10 s"));
        }
        catch (Exception e) when (e is ProtocolException or FormatException)
        {
            log.WriteLine($"refused {connection.RemoteEndPoint}: {Printable.Line(e.Message)}");
            await connection.WriteAsync(AgentProtocol.WriteRefusal(e.Message));
            if (e is ProtocolException)
                throw;
        }
    }

    private Task LoadAsync(Connection connection, PingLoadOptions options)
    {
        // The lab sends nothing more: its end, in order or not, ends the load.
        return connection.DuplexAsync(
            async cancel => await connection.WaitForInputAsync(cancel: cancel),
            async cancel =>
            {
                var lines = Channel.CreateUnbounded<string>();
                using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                Task load = RunAsync(options, lines.Writer, over.Token);
                try
                {
                    await foreach (string line in lines.Reader.ReadAllAsync(CancellationToken.None))
                        await connection.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), cancel);
                }
                finally
                {
                    // The place is not free before the load has ended.
                    await over.CancelAsync();
                    await load;
                }
            });
    }

    private async Task RunAsync(PingLoadOptions options, ChannelWriter<string> lines, CancellationToken cancel)
    {
        try
        {
            PingLoadReport report =
                await (run ?? PingLoad.RunAsync)(options, view => lines.TryWrite(LoadJson.Of(view)), cancel);
            if (report.RoundTrips == 0)
                lines.TryWrite("ERROR " + (report.FirstError ?? "no ping was answered during the measurement"));
            else
                lines.TryWrite(LoadJson.Of(report));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.WriteLine($"ERROR: fault of a load: {e}");
            lines.TryWrite($"ERROR {Printable.Line(e.Message)}");
        }
        finally
        {
            lines.Complete();
        }
    }
}
