using System.Diagnostics;
using Hawser.App.Metrics;
using Hawser.App.Status;
using Hawser.App.Status.Top;
using Xunit;

namespace Hawser.Tests.App.Status;

/// <summary>What <c>hawser top</c> draws, without a terminal.</summary>
public sealed class TopScreenTest
{
    [Theory]
    [InlineData(60, 20)]
    [InlineData(80, 24)]
    [InlineData(200, 50)]
    public void The_screen_fits_the_terminal_with_any_peer_names(int width, int height)
    {
        TopState state = With([.. Enumerable.Range(1, 100).Select(id => Connection(id) with
        {
            Peer = "\u001b[2J[2001:db8:1234:5678:9abc:def0:1234:5678]:65535",
            TlsName = new string('名', 50),
            BytesReceived = long.MaxValue,
            IdleSeconds = double.MaxValue,
        })]);

        IReadOnlyList<(string Text, bool IsSelected)> lines = TopScreen.Draw(state, width, height);

        Assert.Equal(height, lines.Count);
        Assert.All(lines, line => Assert.InRange(line.Text.Length, 0, width));
        Assert.DoesNotContain(lines, line => line.Text.Any(c => char.IsControl(c) || c == '名'));
        Assert.StartsWith("ping 127.0.0.1:8000 (pid 7)", lines[0].Text, StringComparison.Ordinal);
        Assert.StartsWith("q quit", lines[^1].Text, StringComparison.Ordinal);
        Assert.Equal(width >= 200, lines[8].Text.Contains("LAYERS", StringComparison.Ordinal));
    }

    [Fact]
    public void Text_grows_into_the_room_that_is_left()
    {
        ConnectionStatus connection = Connection(1) with
        {
            Peer = "127.0.0.1:54321",
            Thread = "connection 127.0.0.1:54321",
        };
        const int Exact = 1 + 6 + 22 + 8 + 9 + 10 + 10 + 11 + 8 + 26 + 8;

        Assert.EndsWith(" connection 127.0.0.1:54321", Row(Exact), StringComparison.Ordinal);
        Assert.EndsWith(" connection 127.0.0.1:543…", Row(Exact - 1), StringComparison.Ordinal);

        string Row(int width) => TopScreen.Draw(With(connection), width, 20).Single(line => line.IsSelected).Text;
    }

    [Fact]
    public void A_number_is_never_cut()
    {
        IReadOnlyList<(string Text, bool IsSelected)> lines = TopScreen.Draw(
            With(Connection(12_345_678) with { Peer = "127.0.0.1:54321" }), 60, 20);

        Assert.StartsWith(">12345678 127.0.0.1:54321 ", lines.Single(line => line.IsSelected).Text, StringComparison.Ordinal);
        Assert.StartsWith("       ID PEER ", lines[8].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_sort_and_the_selection_stays_with_its_connection()
    {
        TopState state = With(
            Connection(1) with { IdleSeconds = 1, BytesReceived = 1, BytesSent = 3 },
            Connection(2) with { IdleSeconds = 3, BytesReceived = 2, BytesSent = 2 },
            Connection(3) with { IdleSeconds = 2, BytesReceived = 3, BytesSent = 1 });
        Assert.Equal(1, state.SelectedId);
        Press(state, 'j');
        Assert.Equal(2, state.SelectedId);

        (string Order, int[] Ids)[] orders =
        [
            ("id", [1, 2, 3]), ("idle", [2, 3, 1]), ("received", [3, 2, 1]), ("sent", [1, 2, 3]), ("rate", [1, 2, 3]),
        ];
        foreach ((string order, int[] ids) in orders)
        {
            Assert.Equal(order, state.Order);
            Assert.Equal(ids, state.Rows.Select(row => (int)row.Connection.Id));
            Assert.Equal(2, state.SelectedId);
            Assert.Contains(TopScreen.Draw(state, 60, 20), line => line.IsSelected
                && line.Text.StartsWith(">     2 ", StringComparison.Ordinal));
            Press(state, 's');
        }
        Assert.Equal("id", state.Order);

    }

    [Fact]
    public void A_connection_that_has_ended_stays_selected_until_a_key_moves_on()
    {
        TopState state = With(Connection(1), Connection(2) with { IdleSeconds = 1 }, Connection(3));
        Press(state, 's');
        Assert.Equal(2, state.Rows[0].Connection.Id);
        Assert.Equal(1, state.SelectedId);

        Take(state, 1, [Connection(2), Connection(3)]);

        Assert.Null(state.SelectedId);
        Assert.DoesNotContain(TopScreen.Draw(state, 60, 20), line => line.IsSelected);
        Assert.Equal(TopCommand.None, Press(state, 'c'));
        Assert.Contains("connection 1 has ended; select another", Lines(state));
        Press(state, 'j');
        Assert.Equal(2, state.SelectedId);
        Assert.Equal(TopCommand.Close, Press(state, 'c'));
    }

    [Fact]
    public void A_drain_takes_a_second_key_at_the_same_server()
    {
        TopState state = With(Connection(1));
        Assert.Equal(TopCommand.None, Press(state, 'D'));
        Assert.Equal("D again: drain all servers of process 7", Lines(state).Last());
        Press(state, 'j');
        Assert.Equal(TopCommand.None, Press(state, 'D'));
        Assert.Equal(TopCommand.Drain, Press(state, 'D'));
        Assert.Equal(TopCommand.None, Press(state, 'D'));

        state.Shown.End(DateTime.Now);
        state.Take(new StatusClient("8.sock", null!, TimeProvider.System), Server() with { Pid = 8 }, [], 1);

        Assert.StartsWith("q quit", Lines(state).Last(), StringComparison.Ordinal);
        Assert.Equal(TopCommand.None, Press(state, 'D'));
    }

    [Fact]
    public void An_answer_that_arrives_on_a_frozen_screen_is_dropped()
    {
        TopState state = With(Connection(1));
        Press(state, 'f');
        string[] before = [.. Lines(state)];

        Take(state, 1, [Connection(1) with { BytesReceived = 5 }, Connection(2)]);

        Assert.Equal(before, Lines(state));
        Press(state, 'f');
        Take(state, 2, [Connection(1), Connection(2)]);
        Assert.Equal(2, state.Rows.Count);
    }

    [Fact]
    public void A_frozen_screen_keeps_the_connections_of_a_process_that_ends()
    {
        TopState state = With(Connection(1));
        Press(state, 'f');

        state.End(state.Shown.Client, DateTime.UnixEpoch);

        Assert.Single(state.Rows);
        Press(state, 'f');
        Assert.Empty(state.Rows);
    }

    [Fact]
    public void A_selected_row_below_the_screen_is_shown()
    {
        TopState state = With([.. Enumerable.Range(1, 100).Select(id => Connection(id))]);
        for (int i = 0; i < 120; i++)
            Press(state, 'j');
        Assert.Contains(Lines(state), line => line.StartsWith(">   100 ", StringComparison.Ordinal));
    }

    [Fact]
    public void Rates_are_those_between_two_samples()
    {
        TopState state = With(Connection(1));
        Take(state, 2, [Connection(1) with { BytesReceived = 3_000, BytesSent = 1_000 }], Server() with
        {
            Accepted = 21,
            BytesReceived = 5_000,
        });

        Assert.Equal(2_000, state.Shown.Connections.Single().Rate);
        Assert.Equal([null, 10], state.Shown.Accepts);
        Assert.Equal([null, 2_500], state.Shown.Bytes);
        IReadOnlyList<(string Text, bool IsSelected)> lines = TopScreen.Draw(state, 60, 20);
        Assert.Equal("accepts/s            10  █", lines[3].Text);
        Assert.Equal("bytes/s        2500 B/s  █", lines[4].Text);
    }

    [Fact]
    public void A_rate_is_blank_until_there_are_two_samples()
    {
        TopState state = With(Connection(1));
        Assert.Equal("bytes/s               -  ", Lines(state).ElementAt(4));
        Take(state, 1, [Connection(1), Connection(2) with { BytesReceived = 5_000 }]);

        Assert.Equal([0d, null], state.Shown.Connections.Select(row => row.Rate));
        string[] rows = [.. TopScreen.Draw(state, 120, 20).Skip(9).Select(line => line.Text)];
        Assert.EndsWith("       0 B/s      9 s                 ", rows[0], StringComparison.Ordinal);
        Assert.EndsWith("           -      9 s                 ", rows[1], StringComparison.Ordinal);
    }

    [Fact]
    public void How_long_connections_were_served_is_that_of_each_sample()
    {
        var served = new DurationCounts();
        served.Record(TimeSpan.FromHours(1));
        TopState state = With();
        Take(state, 1, [], Server() with { ConnectionDurations = served.Read() });
        for (int i = 0; i < 100; i++)
            served.Record(TimeSpan.FromMilliseconds(i < 98 ? 10 : 200));
        Take(state, 2, [], Server() with { ConnectionDurations = served.Read() });
        Take(state, 3, [], Server() with { ConnectionDurations = served.Read() });

        Assert.Equal(4, state.Shown.Spans.Count);
        Assert.Null(state.Shown.Spans[0]);
        Assert.InRange(state.Shown.Spans[1]!.Value, 3_300, 3_900);
        Assert.InRange(state.Shown.Spans[2]!.Value, 0.19, 0.22);
        Assert.Null(state.Shown.Spans[3]);
        Assert.Equal("served p99            -  █▁ ", Lines(state).ElementAt(5));
    }

    [Fact]
    public void Limits_that_are_measured_are_shown_the_nearest_first()
    {
        LimitStatus unmeasured = Limit("idle-timeout", 60, null, null);
        TopState state = new();
        Take(state, 0, [], Server() with
        {
            Limits = [unmeasured, Limit("max-connections", 512, 3, 7), Limit("rate-limit", 2_000_000, 1_000_000, 1_500_000)],
        });

        Assert.Equal("limits       rate-limit 1 MB/s / 1.5 MB/s / 2 MB/s, max-connections 3 / 7 / 512",
            TopScreen.Draw(state, 100, 20)[6].Text);
        Assert.Equal(60, Lines(state).ElementAt(6).Length);
    }

    [Theory]
    [InlineData(8, 3)]
    [InlineData(10, 3)]
    [InlineData(13, 3)]
    [InlineData(20, 10)]
    public void A_low_terminal_shows_rows_before_the_summary(int height, int rows)
    {
        TopState state = With([.. Enumerable.Range(1, 100).Select(id => Connection(id))]);

        IReadOnlyList<(string Text, bool IsSelected)> lines = TopScreen.Draw(state, 60, height);

        Assert.Equal(height, lines.Count);
        Assert.Equal(rows, lines.Count(line => line.Text.Contains("127.0.0.1:4", StringComparison.Ordinal)));
        Assert.StartsWith("q quit", lines[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_that_does_not_answer_is_said_to_until_it_does()
    {
        TopState state = With(Connection(1));
        state.Miss(state.Shown.Client, new DateTime(2026, 1, 1, 12, 0, 1, DateTimeKind.Local));
        Assert.Contains("no answer from process 7 at 12:00:01; waiting", Lines(state));
        Assert.Single(state.Rows);
        Press(state, 'f');

        Take(state, 1, [Connection(1)]);

        Assert.Contains("frozen; f continues", Lines(state));
    }

    [Fact]
    public void The_end_of_a_server_is_told_until_another_begins()
    {
        TopState state = With(Connection(1));
        state.End(state.Shown.Client, new DateTime(2026, 1, 1, 12, 0, 1, DateTimeKind.Local));
        Assert.Contains("the server ended at 12:00:01; waiting for another", Lines(state));
        Assert.Null(state.SelectedId);

        state.Take(new StatusClient("8.sock", null!, TimeProvider.System), Server() with { Pid = 8 }, [], 1);

        Assert.Equal(8, Assert.Single(state.Servers).Status.Pid);
        Assert.DoesNotContain(Lines(state), line => line.Contains("ended", StringComparison.Ordinal));
    }

    [Fact]
    public void Servers_that_have_ended_leave_unless_they_are_shown()
    {
        TopState state = With(Connection(1));
        StatusClient[] others = [.. Enumerable.Range(8, 3).Select(n => new StatusClient($"{n}.sock", null!, TimeProvider.System))];
        foreach (StatusClient other in others)
            state.Take(other, Server() with { Pid = 8 }, [], 1);
        state.End(others[1], DateTime.Now);
        Assert.Equal(3, state.Servers.Count);
        Assert.Equal(1, state.ShownNumber);

        state.End(state.Shown.Client, DateTime.Now);
        Assert.Equal(3, state.Servers.Count);
        Assert.Contains(Lines(state), line => line.EndsWith("; Tab shows the next", StringComparison.Ordinal));
        state.Press(new ConsoleKeyInfo('\t', ConsoleKey.Tab, shift: false, alt: false, control: false));

        Assert.Equal([others[0], others[2]], state.Servers.Select(server => server.Client));
        Assert.Equal(others[0], state.Shown.Client);
    }

    private static IEnumerable<string> Lines(TopState state) =>
        TopScreen.Draw(state, 60, 20).Select(line => line.Text);

    private static TopState With(params ConnectionStatus[] connections)
    {
        var state = new TopState();
        Take(state, 0, connections);
        return state;
    }

    private static void Take(
        TopState state, int second, ConnectionStatus[] connections, ServerStatus? status = null) =>
        state.Take(null!, (status ?? Server()) with { Connections = connections.Length }, connections,
            (1 + second) * Stopwatch.Frequency);

    private static TopCommand Press(TopState state, char key) =>
        state.Press(new ConsoleKeyInfo(key, ConsoleKey.None, shift: false, alt: false, control: false));

    private static ServerStatus Server() => new()
    {
        Protocol = StatusProtocol.Version,
        Pid = 7,
        Name = "ping",
        Model = "epoll",
        Listeners = ["127.0.0.1:8000"],
        UptimeSeconds = 5,
        Draining = false,
        Connections = 0,
        Queued = 0,
        Accepted = 1,
        BytesReceived = 0,
        BytesSent = 0,
        Limits = [],
    };

    private static LimitStatus Limit(string name, double limit, double? current, double? maximum) => new()
    {
        Name = name,
        Limit = limit,
        Current = current,
        Maximum = maximum,
        Hits = 0,
        Changeable = true,
    };

    private static ConnectionStatus Connection(int id) => new()
    {
        Pid = 7,
        Server = "ping",
        Id = id,
        Peer = $"127.0.0.1:{40_000 + id}",
        AcceptedAt = DateTime.UnixEpoch,
        AgeSeconds = 9,
        IdleSeconds = 0,
        BytesReceived = 0,
        BytesSent = 0,
        Activity = "resting",
    };
}
