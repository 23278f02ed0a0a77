using System.Globalization;
using System.Net;
using System.Text.Json;
using Hawser.Services.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Dashboard;

/// <summary>The page in a real browser.</summary>
[Collection(nameof(DashboardStage))]
public sealed class DashboardBrowserTest
{
    private const string IsLive = "document.getElementById('state').textContent === 'live'";
    private const string Rows = "document.querySelectorAll('#rows tr').length";

    // Elements whose content is wider than they are, or that reach beyond the window.
    private const string Clipped = """
        [...document.querySelectorAll('body *')].filter(e => !e.closest('svg, .unseen, .skip') && e.clientWidth > 0
            && getComputedStyle(e).display !== 'inline'
            && (e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > innerWidth + 1))
          .map(e => `${e.tagName}.${e.className}#${e.id}: ${e.scrollWidth} > ${e.clientWidth}: ${e.textContent.slice(0, 60)}`)
          .join('\n')
        """;

    [Fact]
    public async Task The_page_follows_the_server_and_its_successor()
    {
        Chromium.Require();
        await using Chromium page = await Chromium.StartAsync();
        ProgramProcess serve = Serve("0");
        IPEndPoint where = await serve.ListeningAsync();
        string dashboard = await DashboardAsync(serve);
        await page.GoToAsync(dashboard);
        await page.UntilAsync(IsLive);
        await page.UntilAsync($"{Rows} === 0 && document.querySelector('h3').textContent === 'ping'");

        using (RawClient client = await RawClient.ConnectAsync(where))
        {
            await client.SendAsync("ping 0 1\n");
            await client.ReceiveLineAsync();
            await page.UntilAsync($"{Rows} === 1 && document.querySelector('td.received').textContent === '9 B'");
            string peer = await page.EvaluateAsync<string>("document.querySelector('#rows th').textContent");
            Assert.Equal($"{client.LocalEndPoint}", peer);
            await client.SendAsync("ping 0 2\n");
            await page.UntilAsync("document.querySelector('td.received').textContent === '18 B'");
        }
        await page.UntilAsync($"{Rows} === 0 && document.querySelectorAll('#event-list li.end').length === 1");
        await page.UntilAsync("document.querySelector('.chart .line').getAttribute('d').length > 10");
        Assert.Empty(page.Complaints);

        serve.Signal(ProgramProcess.SIGTERM);
        Assert.Equal(0, (await serve.EndAsync()).ExitCode);
        await page.UntilAsync("document.getElementById('state').textContent.startsWith('stale since ')");
        await page.UntilAsync("document.title.startsWith('(stale) ')");
        await using ProgramProcess next = Serve(new Uri(dashboard).Port.ToString(CultureInfo.InvariantCulture));
        await next.ListeningAsync();
        await page.UntilAsync($"{IsLive} && document.getElementById('where').textContent.includes('process {next.Id}')");
        await page.UntilAsync("document.querySelectorAll('#event-list li').length === 0");
        // A refused connection is an error of the network, not of the page.
        Assert.DoesNotContain(page.Complaints, line => !line.StartsWith("network: ", StringComparison.Ordinal));
        next.Signal(ProgramProcess.SIGTERM);
        await serve.DisposeAsync();
    }

    [Fact]
    public async Task Text_of_others_stays_text()
    {
        Chromium.Require();
        await using DashboardStage stage = DashboardStage.Start();
        await using Chromium page = await OpenAsync(stage);

        const string Text = "<img src=x onerror=\"document.title='caught'\"><script>document.title='caught'</script>";
        stage.Observer.Warned(Text);
        await page.UntilAsync("document.querySelectorAll('#event-list li').length === 1");
        Assert.Equal(Text, await page.EvaluateAsync<string>("document.querySelector('#event-list .text').textContent"));
        Assert.Equal(1, await page.EvaluateAsync<int>("document.images.length"));
        Assert.NotEqual("caught", await page.EvaluateAsync<string>("document.title"));
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Only_the_right_token_unlocks_the_buttons()
    {
        Chromium.Require();
        await using DashboardStage stage = DashboardStage.Start(hasToken: true);
        await using Chromium page = await Chromium.StartAsync();
        using RawClient client = await stage.ConnectAsync();
        await page.GoToAsync($"{stage.Http.BaseAddress}");
        await page.UntilAsync($"{IsLive} && {Rows} === 1");
        const string Close = "document.querySelector('#rows .close button')";
        Assert.True(await page.EvaluateAsync<bool>($"{Close}.hidden"));

        await EnterAsync(page, "wrong horse battery staple");
        await page.UntilAsync("document.getElementById('ask-text').textContent === 'The server says: wrong token.'");
        await page.EvaluateAsync<object>("document.getElementById('ask-yes').click()");
        Assert.True(await page.EvaluateAsync<bool>($"{Close}.hidden"));
        Assert.Single(stage.Echo.Server.ReadConnections());

        await EnterAsync(page, DashboardStage.Token);
        await page.UntilAsync($"!{Close}.hidden");
        await page.EvaluateAsync<object>($"{Close}.click()");
        Assert.True(await client.EndsByResetAsync());
        await page.UntilAsync($"{Rows} === 0");
        await page.EvaluateAsync<object>("document.getElementById('drain').click()");
        await page.UntilAsync("document.getElementById('ask').open");
        await page.EvaluateAsync<object>("document.getElementById('ask-yes').click()");
        await page.UntilAsync("document.querySelector('article.is-draining') !== null");
        Assert.Equal(1, stage.Drains);
    }

    [Fact]
    public async Task Buttons_rest_while_the_page_is_stale_and_another_process_is_locked()
    {
        Chromium.Require();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["token"], DashboardStage.Token);
        await using ProgramProcess serve = Serve("0", "--dashboard-token-file", folder["token"]);
        using RawClient client = await RawClient.ConnectAsync(await serve.ListeningAsync());
        string dashboard = await DashboardAsync(serve);
        await using Chromium page = await Chromium.StartAsync();
        await page.GoToAsync(dashboard);
        await page.UntilAsync($"{IsLive} && {Rows} === 1");
        await EnterAsync(page, DashboardStage.Token);
        const string Buttons = "document.querySelectorAll('#drain:not([hidden]), #rows .close button:not([hidden])')";
        await page.UntilAsync($"{Buttons}.length === 2 && [...{Buttons}].every(button => !button.disabled)");

        serve.Signal(ProgramProcess.SIGKILL);
        await serve.EndAsync();
        await page.UntilAsync($"{Buttons}.length === 2 && [...{Buttons}].every(button => button.disabled)");
        await using ProgramProcess next = Serve(
            new Uri(dashboard).Port.ToString(CultureInfo.InvariantCulture), "--dashboard-token-file", folder["token"]);
        using RawClient other = await RawClient.ConnectAsync(await next.ListeningAsync());
        await page.UntilAsync($"{IsLive} && {Rows} === 1 && {Buttons}.length === 0");
        Assert.Equal("Unlock", await page.EvaluateAsync<string>("document.getElementById('unlock').textContent"));
    }

    [Fact]
    public async Task Charts_move_on_after_the_longest_time_that_they_show()
    {
        Chromium.Require();
        await using DashboardStage stage = DashboardStage.Start();
        await using Chromium page = await OpenAsync(stage);

        const string FiveMinutes = """
            (async () => {
              const { ServerHistory } = await import('/history.js');
              const { LoopStrip } = await import('/charts.js');
              const history = new ServerHistory();
              const status = { connections: 1, accepted: 1, bytes_received: 0, bytes_sent: 0 };
              const durations = { request: [], handshake: [] };
              for (let at = 0; at <= 300; at += 0.5)
                history.take(at, status, { durations, loops: [{ number: 0, turns: at, active_seconds: at / 2, stalls: 0 }] });
              const strip = new LoopStrip(0);
              strip.draw(history.samples, 300, history.span);
              return strip.value.textContent + ' of ' + history.span;
            })()
            """;
        Assert.Equal("50 % of 120", await page.EvaluateAsync<string>(FiveMinutes));
    }

    [Fact]
    public async Task Durations_and_large_sizes_read_as_those_of_status()
    {
        Chromium.Require();
        await using DashboardStage stage = DashboardStage.Start();
        await using Chromium page = await OpenAsync(stage);
        double[] seconds = [0, 85.3e-6, 0.00123, 0.9994, 0.9996, 1.5, 90, 150, 999, 1_000, 5_400, 7_200, 9_000, 86_400, 3.5e6];

        const string Formatted = "(async () => { const format = await import('/format.js');"
            + " return SECONDS.map(format.seconds).concat(format.bytes(1.5e12)).join(); })()";

        Assert.Equal(
            string.Join(',', seconds.Select(value => Quantity.FormatDuration(TimeSpan.FromSeconds(value))).Append(
                Quantity.FormatSize(1_500_000_000_000))),
            await page.EvaluateAsync<string>(Formatted.Replace("SECONDS", JsonSerializer.Serialize(seconds), StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_row_keeps_the_focus_when_one_above_it_goes()
    {
        Chromium.Require();
        await using DashboardStage stage = DashboardStage.Start();
        await using Chromium page = await OpenAsync(stage);

        const string FirstGoes = """
            (async () => {
              const { element, setChildren } = await import('/dom.js');
              const rows = ['a', 'b', 'c'].map(id => element('button', { id }));
              const parent = element('div');
              document.body.append(parent);
              setChildren(parent, rows);
              rows[1].focus();
              setChildren(parent, rows.slice(1));
              return document.activeElement.id + [...parent.children].map(row => row.id).join('');
            })()
            """;
        Assert.Equal("bbc", await page.EvaluateAsync<string>(FirstGoes));
    }

    [Fact]
    public async Task Nothing_is_clipped_in_either_scheme_and_models_differ_as_they_should()
    {
        Chromium.Require();
        await using ProgramProcess demo = ProgramProcess.Start("demo", "--watch", "--duration", "2m");
        await using Chromium page = await Chromium.StartAsync();
        await page.ResizeAsync(1600, 1000);
        await page.GoToAsync(await DashboardAsync(demo));
        await page.UntilAsync($"{IsLive} && document.querySelectorAll('article').length === 6 && {Rows} > 10");
        // The slow client holds the only loop of select, and a thread of others.
        await page.UntilAsync("[...document.querySelectorAll('article')].some(card => card.querySelector('h3')"
            + ".textContent === 'select' && card.querySelector('.stalled').getAttribute('d') !== '')");
        await page.UntilAsync("document.querySelectorAll('#event-list .stall').length > 0");

        foreach (string scheme in (string[])["light", "dark"])
        {
            await page.PreferAsync(scheme);
            foreach (int width in (int[])[400, 1000, 1600])
            {
                await page.ResizeAsync(width, 1000);
                Assert.Equal("", await page.EvaluateAsync<string>(Clipped));
                Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
            }
            await PhotographAsync(page, scheme);
        }
        Assert.Empty(page.Complaints);
        demo.Signal(ProgramProcess.SIGINT);
        Assert.Equal(0, (await demo.EndAsync()).ExitCode);
    }

    /// <summary>Takes the pictures of the guide, if they are to be renewed: <c>HAWSER_GUIDE=update</c>.</summary>
    private static async Task PhotographAsync(Chromium page, string scheme)
    {
        if (Environment.GetEnvironmentVariable("HAWSER_GUIDE") != "update")
            return;
        await page.ResizeAsync(1560, 1060, scale: 0.8);
        // Charts need some history.
        await page.UntilAsync("document.querySelector('#where').textContent.match(/up (\\d+) s/)?.[1] >= 30");
        int bottom = await page.EvaluateAsync<int>(
            "Math.ceil(document.querySelector('#servers').getBoundingClientRect().bottom) + 16");
        await page.ResizeAsync(1560, bottom, scale: 0.8);
        await File.WriteAllBytesAsync(
            ProgramRepository.PathOf("docs", "guide", $"dashboard-{scheme}.png"), await page.PhotographAsync());
    }

    /// <summary>Opens the page of a dashboard and waits for its first state.</summary>
    private static async Task<Chromium> OpenAsync(DashboardStage stage)
    {
        Chromium page = await Chromium.StartAsync();
        try
        {
            await page.GoToAsync($"{stage.Http.BaseAddress}");
            await page.UntilAsync(IsLive);
            return page;
        }
        catch
        {
            await page.DisposeAsync();
            throw;
        }
    }

    private static async Task EnterAsync(Chromium page, string token)
    {
        await page.EvaluateAsync<object>("document.getElementById('unlock').click()");
        await page.UntilAsync("document.activeElement.id === 'ask-token'");
        await page.TypeAsync(token);
        await page.PressEnterAsync();
    }

    private static ProgramProcess Serve(string port, params string[] more) => ProgramProcess.Start(
        ["serve", "ping", "--port", "0", "--model", "epoll", "--dashboard", port, .. more]);

    private static async Task<string> DashboardAsync(ProgramProcess program)
    {
        string line = await program.Errors.LineWithAsync("dashboard at http://");
        return line[line.IndexOf("http", StringComparison.Ordinal)..].Trim();
    }
}
