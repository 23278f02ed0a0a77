using System.Globalization;
using Hawser.Services.Ping;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Simulation;

/// <summary>The ordinary server, connections and handlers under a seeded scheduler, in virtual time, on a hostile
/// network: fragments, delays, windows of a few bytes, resets, and a stop at a random moment.</summary>
/// <remarks>A failure names its seed, which reproduces it.</remarks>
public sealed class SimulationTest
{
    private const int Seeds = 300;

    private static readonly Func<SimulatedRun, int, Conversation>[] Scenarios =
        [Ping, Echo, ImpatientEcho, DuplexEcho, SlowEcho, Message];

    [Fact]
    public void Every_ping_started_before_the_stop_gets_its_pong() => AssertHolds(Ping);

    [Fact]
    public void Every_line_started_before_the_stop_is_echoed() => AssertHolds(Echo);

    [Fact]
    public void A_cancelled_or_timed_out_call_loses_nothing() => AssertHolds(ImpatientEcho);

    [Fact]
    public void Reading_and_writing_at_the_same_time_loses_nothing() => AssertHolds(DuplexEcho);

    [Fact]
    public void A_handler_at_work_notices_that_its_peer_has_reset() => AssertHolds(SlowEcho);

    [Fact]
    public void Every_message_started_before_the_stop_is_received_whole() => AssertHolds(Message);

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            foreach (Func<SimulatedRun, int, Conversation> converse in Scenarios)
            {
                SimulatedRun first = SimulatedRun.Play(seed, converse);
                Assert.Equal(first.Trace.Lines, SimulatedRun.Play(seed, converse).Trace.Lines);
            }
        }
    }

    [Fact]
    public void The_simulation_finds_a_stop_that_truncates_messages()
    {
        IEnumerable<string> found = Enumerable.Range(0, Seeds)
            .SelectMany(seed => SimulatedRun.Play(seed, Message, stopShutsInput: true).Violations);

        Assert.Contains(found, violation => violation.Contains("had its message cut", StringComparison.Ordinal));
    }

    private static void AssertHolds(Func<SimulatedRun, int, Conversation> converse)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            SimulatedRun run = SimulatedRun.Play(seed, converse);
            Assert.True(run.Violations.Count == 0, run.ToString());
        }
    }

    private static LineConversation Ping(SimulatedRun run, int number) => new(
        run, number, new PingHandler(new PingHandlerOptions(), TextWriter.Null).HandleAsync,
        n => string.Create(CultureInfo.InvariantCulture, $"ping {number} {n}\n"),
        line => line.Replace("ping", "pong", StringComparison.Ordinal));

    private static LineConversation Echo(SimulatedRun run, int number) =>
        Echo(run, number, Handlers.EchoLinesAsync);

    private static LineConversation ImpatientEcho(SimulatedRun run, int number) =>
        Echo(run, number, connection => SimulatedHandlers.EchoImpatientlyAsync(connection, run.Scheduler));

    private static LineConversation DuplexEcho(SimulatedRun run, int number) =>
        Echo(run, number, SimulatedHandlers.EchoInDuplexAsync);

    private static LineConversation SlowEcho(SimulatedRun run, int number) =>
        Echo(run, number, connection => SimulatedHandlers.EchoSlowlyAsync(connection, run.Scheduler));

    private static LineConversation Echo(SimulatedRun run, int number, Func<Connection, Task> handle) => new(
        run, number, (connection, _) => handle(connection),
        _ => new string((char)('a' + run.Scheduler.Random.Next(26)), run.Scheduler.Random.Next(1, 80)) + "\n",
        line => line);

    private static MessageConversation Message(SimulatedRun run, int number) => new(run, number);
}
