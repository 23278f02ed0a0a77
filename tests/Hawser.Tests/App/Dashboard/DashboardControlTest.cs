using System.Net;
using System.Net.Http.Headers;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Dashboard;

/// <summary>Closing and draining from the page.</summary>
[Collection(nameof(DashboardStage))]
public sealed class DashboardControlTest
{
    [Fact]
    public async Task The_token_closes_a_connection_and_drains()
    {
        await using DashboardStage stage = DashboardStage.Start(hasToken: true);
        using RawClient client = await stage.ConnectAsync();
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);
        long id = Assert.Single(stage.Echo.Server.ReadConnections()).Id;

        await ExpectAsync(stage, $$"""{"command":"close","server":"echo","id":{{id}}}""", HttpStatusCode.OK, "done");
        Assert.True(await client.EndsByResetAsync());
        await Patience.UntilAsync(() => stage.Echo.Server.ReadConnections().Count == 0);
        await ExpectAsync(stage, $$"""{"command":"close","server":"echo","id":{{id}}}""", HttpStatusCode.Conflict,
            $"echo has no connection {id}");
        Assert.Equal(0, stage.Drains);
        await ExpectAsync(stage, """{"command":"drain"}""", HttpStatusCode.OK, "done");

        Assert.Equal(1, stage.Drains);
        Assert.Equal([$"the dashboard closed connection {id}", "the dashboard asked to drain"], stage.Notes);
        Assert.Equal("", stage.Errors.ToString());
    }

    [Fact]
    public async Task A_token_can_be_tried_without_a_change()
    {
        await using DashboardStage stage = DashboardStage.Start(hasToken: true);
        await ExpectAsync(stage, """{"command":"status"}""", HttpStatusCode.OK, "the token is right");

        Assert.Empty(stage.Notes);
    }

    [Fact]
    public async Task A_command_for_another_process_is_refused()
    {
        await using DashboardStage stage = DashboardStage.Start(hasToken: true);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"control?process={Guid.NewGuid()}")
        {
            Content = new StringContent("""{"command":"drain"}"""),
            Headers = { Authorization = Right },
        };
        using HttpResponseMessage answer = await stage.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal(0, stage.Drains);
    }

    [Theory]
    [InlineData("""{"command":"limits","server":"echo","set":{"max-connections":"1"}}""", "use the commands close, drain or status")]
    [InlineData("""{"command":"close"}""", "not a request")]
    [InlineData("", "not a request")]
    public async Task Other_requests_are_refused(string body, string why)
    {
        await using DashboardStage stage = DashboardStage.Start(hasToken: true);
        await ExpectAsync(stage, body, HttpStatusCode.BadRequest, why);
    }

    [Fact]
    public async Task A_wrong_token_does_nothing_and_is_answered_after_a_pause_that_delays_no_right_one()
    {
        var time = new FakeTime();
        await using DashboardStage stage = DashboardStage.Start(time, hasToken: true);
        Task<(HttpStatusCode, string)>[] guesses =
        [
            SendAsync(stage, """{"command":"drain"}""", new("Bearer", "wrong horse battery staple")),
            SendAsync(stage, """{"command":"drain"}""", new("Bearer", DashboardStage.Token + "x")),
            SendAsync(stage, """{"command":"drain"}""", new("Basic", DashboardStage.Token)),
        ];
        await ExpectAsync(stage, """{"command":"close","server":"echo","id":1}""", HttpStatusCode.Conflict, "echo has no");
        Assert.DoesNotContain(guesses, guess => guess.IsCompleted);

        await Patience.UntilAsync(() => time.Pending.Count(due => due == TimeSpan.FromSeconds(1)) > guesses.Length);
        time.Advance(TimeSpan.FromSeconds(1));
        foreach (Task<(HttpStatusCode, string)> guess in guesses)
            Assert.Equal((HttpStatusCode.Forbidden, "wrong token\n"), await guess.Bounded());
        Assert.Equal(0, stage.Drains);
        Assert.Equal("WARNING: --dashboard: 3 wrong tokens", stage.Errors.ToString().Split('\n')[0].TrimEnd());
    }

    [Fact]
    public async Task Without_a_token_or_from_another_site_nothing_is_done()
    {
        await using DashboardStage stage = DashboardStage.Start(hasToken: true);
        Assert.Equal((HttpStatusCode.Unauthorized, "a token is required\n"),
            await SendAsync(stage, """{"command":"drain"}""", null));
        Assert.Equal((HttpStatusCode.Forbidden, "for pages of this server only\n"),
            await SendAsync(stage, """{"command":"drain"}""", Right, origin: "http://evil.example"));
        using (HttpResponseMessage get = await stage.Http.GetAsync("control"))
            Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
        Assert.Equal(0, stage.Drains);
    }

    private static AuthenticationHeaderValue Right => new("Bearer", DashboardStage.Token);

    private static async Task ExpectAsync(DashboardStage stage, string body, HttpStatusCode status, string begin)
    {
        (HttpStatusCode Status, string Text) answer =
            await SendAsync(stage, body, Right, $"http://{stage.Http.BaseAddress!.Authority}");
        Assert.Equal(status, answer.Status);
        Assert.StartsWith(begin, answer.Text, StringComparison.Ordinal);
    }

    private static async Task<(HttpStatusCode Status, string Text)> SendAsync(
        DashboardStage stage, string body, AuthenticationHeaderValue? authorization, string? origin = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "control") { Content = new StringContent(body) };
        request.Headers.Authorization = authorization;
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        using HttpResponseMessage response = await stage.Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
