using System.Net;
using System.Text;
using System.Text.Json;
using Hawser.App.Dashboard;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Dashboard;

/// <summary>The states that pages get.</summary>
[Collection(nameof(DashboardStage))]
public sealed class DashboardStreamTest
{
    [Fact]
    public async Task A_connection_appears_with_its_figures_and_goes_with_an_event()
    {
        await using DashboardStage stage = DashboardStage.Start();
        using RawClient page = await stage.WatchAsync();
        JsonElement first = await NextAsync(page, state => Lines(state, "server").Length == 1);
        Assert.Empty(Lines(first, "connection"));
        using (RawClient client = await stage.ConnectAsync())
        {
            await client.SendAsync("hello");
            await client.ReceiveExactlyAsync(5);
            JsonElement state = await NextAsync(page, state => Lines(state, "connection").Length == 1);

            JsonElement shown = Assert.Single(Lines(state, "connection"));
            Assert.Equal($"{client.LocalEndPoint}", shown.GetProperty("peer").GetString());
            Assert.Equal(5, shown.GetProperty("bytes_sent").GetInt32());
            Assert.Equal(first.GetProperty("process").GetString(), state.GetProperty("process").GetString());
        }
        JsonElement last = await NextAsync(page, state => state.GetProperty("events").GetArrayLength() > 0);
        string text = last.GetProperty("events")[0].GetProperty("text").GetString()!;
        Assert.EndsWith("ended: peer finished; 5 B received, 5 B sent", text, StringComparison.Ordinal);
        last = await NextAsync(page, state => Lines(state, "connection").Length == 0);
        Assert.Equal(1, Lines(last, "server")[0].GetProperty("accepted").GetInt32());
    }

    [Theory]
    [InlineData("epoll", true)]
    [InlineData("select", true)]
    [InlineData("threads", false)]
    public async Task The_loops_of_a_server_show_their_turns(string model, bool hasLoops)
    {
        await using DashboardStage stage = DashboardStage.Start(model: model);
        using RawClient page = await stage.WatchAsync();
        // Some may not have started yet.
        JsonElement state = await NextAsync(page, state => LoopsOf(state).Any() == hasLoops && LoopsOf(state).All(
            loop => loop.GetProperty("turns").GetInt64() > 0));

        Assert.Equal(hasLoops, LoopsOf(state).Any());

        static IEnumerable<JsonElement> LoopsOf(JsonElement state) =>
            state.GetProperty("telemetry")[0].GetProperty("loops").EnumerateArray();
    }

    [Fact]
    public async Task Pages_and_idle_clients_together_keep_nobody_out()
    {
        await using DashboardStage stage = DashboardStage.Start();
        var others = new List<RawClient>();
        try
        {
            for (int n = 0; n < DashboardStream.MostPages; n++)
                others.Add(await stage.WatchAsync());
            for (int n = 0; n < 24; n++)
            {
                others.Add(await RawClient.ConnectAsync(stage.Server.EndPoint));
                await others[^1].SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
                Assert.Equal("HTTP/1.1 200 OK\r", await others[^1].ReceiveLineAsync());
            }

            using HttpResponseMessage answer = await stage.Http.GetAsync("").Bounded();

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        finally
        {
            others.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task Nothing_is_measured_while_nobody_watches()
    {
        await using DashboardStage stage = DashboardStage.Start();
        Assert.False(stage.Probe.Enabled);
        RawClient page = await stage.WatchAsync();
        await NextAsync(page, _ => true);
        Assert.True(stage.Probe.Enabled);

        page.Dispose();
        await Patience.UntilAsync(() => !stage.Probe.Enabled);
        stage.Observer.Warned("unseen");
        using RawClient other = await stage.WatchAsync();
        Assert.Empty((await NextAsync(other, _ => true)).GetProperty("events").EnumerateArray());
    }

    [Fact]
    public async Task Text_of_others_arrives_as_one_line_without_markup()
    {
        await using DashboardStage stage = DashboardStage.Start();
        using RawClient page = await stage.WatchAsync();
        await NextAsync(page, _ => true);
        stage.Observer.Warned("<b>\n\ndata: {}\n\u202e\u0007");
        string line;
        do
        {
            line = await page.ReceiveLineAsync();
            Assert.DoesNotContain('<', line);
        }
        while (!line.Contains("warning", StringComparison.Ordinal));

        string text = JsonDocument.Parse(line["data: ".Length..]).RootElement
            .GetProperty("events")[0].GetProperty("text").GetString()!;
        Assert.StartsWith("<b>", text, StringComparison.Ordinal);
        Assert.DoesNotContain(text, letter => char.IsControl(letter) || letter == '\u202e');
    }

    [Fact]
    public void A_storm_of_events_is_cut_and_counted()
    {
        var time = new FakeTime();
        var feed = new EventFeed(time) { IsOn = true };
        for (int i = 0; i < 100; i++)
            feed.Add("a", EventKind.End, () => "end");
        feed.Add("a", EventKind.Stall, () => "stall");

        Assert.Equal((11, 90), (feed.Since(0).Count, feed.Dropped));
        Assert.Equal(EventKind.Stall, feed.Since(10)[0].Kind);
        for (int i = 0; i < 50; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            for (int j = 0; j < 10; j++)
                feed.Add("a", EventKind.End, () => "end");
        }
        Assert.Equal((200, 90), (feed.Since(0).Count, feed.Dropped));
        Assert.Equal(312, feed.Since(0)[0].Id);
    }

    [Fact]
    public async Task So_many_pages_may_watch_and_one_that_leaves_makes_room()
    {
        await using DashboardStage stage = DashboardStage.Start();
        List<RawClient> pages = [];
        for (int i = 0; i < DashboardStream.MostPages; i++)
        {
            pages.Add(await stage.WatchAsync());
            await NextAsync(pages[i], _ => true);
        }
        using (HttpResponseMessage refused = await stage.Http.GetAsync("events"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Equal("8 pages watch already, the most allowed\n", await refused.Content.ReadAsStringAsync());
        }
        Assert.Contains("<h1>", await stage.Http.GetStringAsync(""), StringComparison.Ordinal);

        pages[3].Dispose();
        await Patience.UntilAsync(() => !stage.Source.IsWatchedBy(DashboardStream.MostPages));
        pages[3] = await stage.WatchAsync();
        await NextAsync(pages[3], _ => true);
        pages.ForEach(page => page.Dispose());
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    public async Task A_page_that_finishes_or_sends_more_has_left(string more)
    {
        await using DashboardStage stage = DashboardStage.Start();
        using RawClient page = await stage.WatchAsync();
        await NextAsync(page, _ => true);
        if (more == "")
            page.FinishSending();
        else
            await page.SendAsync(more);

        string rest = Encoding.UTF8.GetString(await page.ReceiveToEndAsync());

        Assert.DoesNotContain("HTTP/1.1", rest, StringComparison.Ordinal);
        Assert.False(stage.Source.IsWatchedBy(1));
    }

    [Fact]
    public async Task A_page_that_does_not_read_is_reset_and_the_others_are_served()
    {
        var time = new FakeTime();
        await using DashboardStage stage = DashboardStage.Start(time, with: options => options with
        {
            // The stream's own limit is the one that strikes.
            Limits = options.Limits with { MinimumRate = null },
            ConfigureSocket = socket => socket.SendBufferSize = 4_096,
        });
        using RawClient stuck = await stage.WatchAsync(receiveBufferBytes: 4_096);
        using RawClient good = await stage.WatchAsync();
        Task<CloseReason> end = stage.Server.Observer.NextReasonAsync();
        while (!end.IsCompleted)
            await NextInTimeAsync();

        Assert.Equal(CloseReason.Aborted, await end);
        Assert.False(stage.Source.IsWatchedBy(2));
        await NextInTimeAsync();

        async Task NextInTimeAsync()
        {
            Task<JsonElement> next = NextAsync(good, _ => true);
            while (!next.IsCompleted)
            {
                await Patience.UntilAsync(() => next.IsCompleted || time.Pending.Contains(DashboardStream.Interval));
                if (!next.IsCompleted)
                    time.Advance(DashboardStream.Interval);
            }
            await next;
        }
    }

    [Theory]
    [InlineData("Origin", "http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "http://localhost", HttpStatusCode.OK)]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.OK)]
    public async Task Pages_of_other_sites_take_no_place(string header, string value, HttpStatusCode status)
    {
        await using DashboardStage stage = DashboardStage.Start();
        using var request = new HttpRequestMessage(HttpMethod.Get, "events") { Headers = { Host = "localhost" } };
        request.Headers.Add(header, value);
        using HttpResponseMessage response = await stage.Http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(status, response.StatusCode);
    }

    private static JsonElement[] Lines(JsonElement state, string type) =>
        [.. state.GetProperty("status").EnumerateArray().Where(line => line.GetProperty("type").GetString() == type)];

    /// <summary>Reads states up to one that is meant.</summary>
    private static async Task<JsonElement> NextAsync(RawClient page, Func<JsonElement, bool> isMeant)
    {
        while (true)
        {
            string line = await page.ReceiveLineAsync();
            if (line.StartsWith("data: ", StringComparison.Ordinal)
                && JsonDocument.Parse(line["data: ".Length..]).RootElement is var state && isMeant(state))
                return state;
        }
    }
}
