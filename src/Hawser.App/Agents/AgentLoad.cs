using System.Runtime.ExceptionServices;
using System.Text;
using Hawser.App.LoadReports;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.Agents;

/// <summary>A load from agents instead of this process.</summary>
/// <param name="agents">The agents.</param>
/// <param name="token">The secret shared with them; empty for none.</param>
/// <param name="clock">Measures silence; null for the system's.</param>
internal sealed class AgentLoad(IReadOnlyList<AgentAddress> agents, byte[] token, TimeProvider? clock = null)
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    // For connections and pongs that never arrive.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // A load that is stopped early does not wait for pongs.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = clock ?? TimeProvider.System;

    /// <summary>The agents.</summary>
    public IReadOnlyList<AgentAddress> Agents => agents;

    /// <summary>Checks that agents take the shares of a load.</summary>
    /// <exception cref="FormatException">They do not; the message names the member of the request.</exception>
    public void Check(PingLoadOptions load)
    {
        foreach (Share share in Divide(load))
            AgentRequest.Of(share.Load).ToOptions();
    }

    /// <summary>Runs a load on all agents at once, the clients divided evenly; with fewer clients than agents, on as many
    /// agents as clients. Clocks are not compared: each agent measures by its own, and the reports are
    /// merged.</summary>
    /// <param name="load">The whole load.</param>
    /// <param name="onView">Called every second with the progress of all agents. Its exception ends the loads and is
    /// thrown.</param>
    /// <param name="cancel">Stops the loads; the report covers what was measured.</param>
    /// <exception cref="IOException">No agent has reported; the message has the reason of each.</exception>
    /// <exception cref="OperationCanceledException">No agent has reported before <paramref name="cancel"/>.</exception>
    public async Task<LoadOutcome> RunAsync(
        PingLoadOptions load, Action<PingLoadView>? onView = null, CancellationToken cancel = default)
    {
        Share[] shares = Divide(load);
        using var limit = new CancellationTokenSource();
        ExceptionDispatchInfo? fault = null;
        var views = new AgentViews(shares.Length, Show);
        // Loads that ran at the same time add up: none begins before every agent has answered, or failed to.
        Task<(Connection Connection, byte[] Nonce)>[] greeted =
            [.. shares.Select(share => GreetAsync(share.Agent, cancel))];
        await ((Task)Task.WhenAll(greeted)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (load.Timeout != Timeout.InfiniteTimeSpan)
            limit.CancelAfter(load.Ramp + load.WarmUp + load.Duration + load.Timeout + Patience);
        using CancellationTokenRegistration asked = cancel.Register(() => limit.CancelAfter(StopPatience));
        var lost = new List<LostAgent>();
        PingLoadReport?[] all = await Task.WhenAll(shares.Select(TryAsync));
        fault?.Throw();
        PingLoadReport[] reports = [.. all.OfType<PingLoadReport>()];
        if (reports.Length == 0)
        {
            cancel.ThrowIfCancellationRequested();
            throw new IOException($"no agent has reported: {string.Join("; ", lost)}");
        }
        return new LoadOutcome(PingLoadReport.Merge(reports)) { Agents = shares.Length, Lost = lost };

        // A fault of the caller, such as a broken standard output, ends the load; no agent is to blame for it.
        void Show(PingLoadView view)
        {
            try
            {
                if (fault is null)
                    onView?.Invoke(view);
            }
            catch (Exception e)
            {
                fault = ExceptionDispatchInfo.Capture(e);
                limit.Cancel();
            }
        }

        async Task<PingLoadReport?> TryAsync(Share share)
        {
            PingLoadReport? report = null;
            try
            {
                (Connection connection, byte[] nonce) = await greeted[share.Index];
                using (connection)
                {
                    report = await LoadAsync(
                        share, connection, nonce, view => views.Add(share.Index, view), cancel, limit.Token);
                }
            }
            catch (Exception e) when (
                e is IOException or ProtocolException or FormatException or OperationCanceledException)
            {
                string why = e is OperationCanceledException ? "no report in time" : Printable.Line(e.Message);
                lock (lost)
                    lost.Add(new LostAgent(share.Agent.Name, share.Load.Clients, load.Clients, why));
            }
            finally
            {
                views.End(share.Index, isLost: report is null);
            }
            return report;
        }
    }

    private Share[] Divide(PingLoadOptions load)
    {
        int count = Math.Min(agents.Count, load.Clients);
        return [.. agents.Take(count).Select((agent, index) => new Share(index, agent, load.Share(index, count)))];
    }

    private async Task<(Connection Connection, byte[] Nonce)> GreetAsync(
        AgentAddress agent, CancellationToken cancel)
    {
        Connection connection = await Dialer.ConnectAsync(agent.Address, ConnectLimit, cancel);
        try
        {
            ReadOnlyMemory<byte> greeting = await ReadAsync(connection, "its greeting", ConnectLimit, cancel);
            return (connection, AgentProtocol.NonceOf(greeting.Span));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <param name="share">The share of the agent.</param>
    /// <param name="connection">Its connection.</param>
    /// <param name="nonce">Its nonce.</param>
    /// <param name="onView">Receives its views.</param>
    /// <param name="stop">Half-closes the connection, at which the agent stops the load and reports.</param>
    /// <param name="cancel">Ends the wait for the report.</param>
    private async Task<PingLoadReport> LoadAsync(
        Share share, Connection connection, byte[] nonce, Action<PingLoadView> onView, CancellationToken stop,
        CancellationToken cancel)
    {
        await connection.WriteAsync(AgentProtocol.WriteRequest(AgentRequest.Of(share.Load), nonce, token), stop);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task beating = SendHeartbeatsAsync(connection, stop, over.Token);
        try
        {
            PingLoadReport? report = null;
            while (report is null)
            {
                ReadOnlyMemory<byte> received =
                    await ReadAsync(connection, "its report", AgentProtocol.LongestSilence, cancel);
                string line = Encoding.UTF8.GetString(received.Span);
                if (AgentProtocol.TryParseRefusal(line) is { } reason)
                    throw new ProtocolException(reason);
                report = LoadJson.Read(line, share.Load, onView, $"agent {share.Agent.Name}");
            }
            return report;
        }
        finally
        {
            await over.CancelAsync();
            // What breaks the connection, the reads above have seen.
            await beating.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Sends heartbeats until <paramref name="stop"/>, then half-closes.</summary>
    private async Task SendHeartbeatsAsync(Connection connection, CancellationToken stop, CancellationToken cancel)
    {
        using var beat = new PeriodicTimer(AgentProtocol.HeartbeatInterval, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancel);
        try
        {
            while (await beat.WaitForNextTickAsync(either.Token))
                await connection.WriteAsync(new[] { AgentProtocol.Heartbeat }, cancel);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            await connection.FinishWritingAsync(cancel);
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(
        Connection connection, string what, TimeSpan longest, CancellationToken cancel)
    {
        using var silence = new CancellationTokenSource(longest, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, silence.Token);
        try
        {
            return await connection.TryReadLineAsync(AgentProtocol.LongestAnswer, either.Token)
                ?? throw new IOException($"it closed the connection before {what}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"it was silent for {longest.TotalSeconds} s before {what}");
        }
    }

    private sealed record Share(int Index, AgentAddress Agent, PingLoadOptions Load);
}
