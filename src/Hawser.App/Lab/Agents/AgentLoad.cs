using System.Text;
using Hawser.Services.Text;

namespace Hawser.App.Lab.Agents;

/// <summary>A load from agents instead of a process of this machine.</summary>
internal static class AgentLoad
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    // An agent sends a line a second.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(15);

    /// <summary>Runs a load on all agents at once, the clients distributed evenly. Clocks are not compared: each agent
    /// measures by its own, and the histograms add up.</summary>
    /// <param name="server">HOST:PORT, as the agents reach it.</param>
    /// <param name="variant">The protocol, and the shape of the load.</param>
    /// <param name="options">Agents, duration and warm-up.</param>
    /// <param name="onView">Called every second with seconds and round trips measured so far.</param>
    /// <param name="cancel">Ends the loads.</param>
    /// <returns>The merged report. It names the agents that were lost.</returns>
    /// <exception cref="LabException">No agent has reported.</exception>
    public static async Task<LoadReport> RunAsync(
        string server, LabVariant variant, LabOptions options, Action<double, long> onView, CancellationToken cancel)
    {
        int clients = variant.Setting.Clients;
        LabAgent[] agents = [.. options.Agents.Take(clients)];
        var views = new (double Seconds, long RoundTrips)[agents.Length];
        var lost = new List<string>();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(variant.Setting.Ramp + options.WarmUp + options.Duration + LoadProcess.Patience);
        LoadReport?[] reports = await Task.WhenAll(agents.Select((agent, index) => TryAsync(agent, index)));
        cancel.ThrowIfCancellationRequested();
        LoadReport[] whole = [.. reports.OfType<LoadReport>()];
        if (whole.Length == 0)
            throw new LabException($"no agent has reported: {string.Join("; ", lost)}");
        var merged = LoadReport.Merge(whole);
        return lost.Count == 0 ? merged : merged with
        {
            Figures = merged.Figures with { Load = merged.Figures.Load! with { LostAgents = lost } },
        };

        async Task<LoadReport?> TryAsync(LabAgent agent, int index)
        {
            int share = (clients / agents.Length) + (index < clients % agents.Length ? 1 : 0);
            try
            {
                return await RunOneAsync(agent, AgentRequest.Of(server, variant, options, share),
                    options.AgentToken, (seconds, roundTrips) => Note(index, seconds, roundTrips), limit.Token);
            }
            catch (Exception e) when (e is IOException or ProtocolException or LabException or OperationCanceledException)
            {
                string why = e is OperationCanceledException ? "no report in time" : e.Message;
                lock (views)
                {
                    views[index] = (double.NaN, 0);
                    lost.Add($"{agent.Name} with {share} of {clients} clients: {Printable.Line(why)}");
                }
                return null;
            }
        }

        // The server is sampled when the slowest agent has come as far.
        void Note(int index, double seconds, long roundTrips)
        {
            lock (views)
            {
                views[index] = (seconds, roundTrips);
                double least = views.Min(view => double.IsNaN(view.Seconds) ? double.PositiveInfinity : view.Seconds);
                if (seconds <= least)
                    onView(least, views.Sum(view => view.RoundTrips));
            }
        }
    }

    private static async Task<LoadReport> RunOneAsync(
        LabAgent agent, AgentRequest request, byte[] token, Action<double, long> onView, CancellationToken cancel)
    {
        using Connection connection = await Dialer.ConnectAsync(agent.Address, ConnectLimit, cancel);
        byte[] nonce = AgentProtocol.NonceOf((await ReadAsync(connection, cancel)).Span);
        await connection.WriteAsync(AgentProtocol.WriteRequest(request, nonce, token), cancel);
        while (true)
        {
            string line = Encoding.UTF8.GetString((await ReadAsync(connection, cancel)).Span);
            if (AgentProtocol.TryParseRefusal(line) is { } reason)
                throw new LabException(reason);
            if (LoadProcess.Read(line, onView) is { } report)
                return report;
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(Connection connection, CancellationToken cancel)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        silence.CancelAfter(LongestSilence);
        try
        {
            return await connection.TryReadLineAsync(AgentProtocol.LongestAnswer, silence.Token)
                ?? throw new LabException("it closed the connection before its report");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new LabException($"nothing came for {LongestSilence.TotalSeconds} s");
        }
    }
}
