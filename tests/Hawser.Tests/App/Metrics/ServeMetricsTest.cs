using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Metrics;

/// <summary><c>serve --metrics</c>, as its users see it.</summary>
public sealed class ServeMetricsTest : IDisposable
{
    private const string Prometheus = "/usr/bin/prometheus";

    private readonly HttpClient _http = new() { Timeout = ProgramProcess.Limit };
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_server_shows_its_connections_and_its_process()
    {
        await using ProgramProcess serve = ProgramProcess.Start(
            "serve", "ping", "--port", "0", "--model", "epoll", "--metrics", "0");
        IPEndPoint where = await serve.ListeningAsync();
        Uri metrics = await MetricsAsync(serve);
        using (RawClient client = await RawClient.ConnectAsync(where))
        {
            await client.SendAsync("ping 0 1\nping 0 2\n");
            await client.ReceiveExactlyAsync(18);
            string text = await _http.GetStringAsync(metrics);
            Assert.Contains("hawser_active_connections{hawser_service=\"ping\"} 1\n", text, StringComparison.Ordinal);
            Assert.Contains("hawser_ping_round_trips_total{hawser_service=\"ping\"} 2\n", text, StringComparison.Ordinal);
            Assert.Contains(
                "hawser_connection_io_bytes_total{hawser_service=\"ping\",network_io_direction=\"receive\"} 18\n", text,
                StringComparison.Ordinal);
            Assert.Contains("\ndotnet_process_cpu_time_seconds_total{", text, StringComparison.Ordinal);
            Assert.DoesNotContain("127.0.0.1", text, StringComparison.Ordinal);
        }
        Assert.Equal("ok\n", await _http.GetStringAsync(new Uri(metrics, "/healthz")));
        Assert.Equal("ready\n", await _http.GetStringAsync(new Uri(metrics, "/readyz")));

        serve.Signal(ProgramProcess.SIGTERM);
        Assert.Equal(0, (await serve.EndAsync()).ExitCode);
    }

    /// <summary>That is when an operator looks.</summary>
    [Theory]
    [InlineData(320, "--metrics", "0")]
    [InlineData(200, "--metrics", "0", "--dashboard", "0")]
    public async Task A_server_without_a_descriptor_left_still_answers(int descriptors, params string[] options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs ulimit");
        await using ProgramProcess serve = ProgramProcess.StartInShell(
            $"ulimit -n {descriptors}; exec \"$@\"", "",
            ["serve", "ping", "--port", "0", "--model", "epoll", "--backlog", $"{descriptors}", .. options]);
        IPEndPoint where = await serve.ListeningAsync();
        Uri metrics = await MetricsAsync(serve);
        // One more than there can be is enough to use up all.
        IReadOnlyList<RawClient> clients = await RawClient.FloodAsync(where, descriptors);
        await serve.Errors.LineWithAsync("out of descriptors");

        for (int scrape = 0; scrape < 10; scrape++)
        {
            using var http = new HttpClient { Timeout = ProgramProcess.Limit };
            Assert.Contains("hawser_active_connections{", await http.GetStringAsync(metrics), StringComparison.Ordinal);
        }
        foreach (RawClient client in clients)
            client.Dispose();
    }

    [Fact]
    public async Task All_services_share_one_address_and_are_told_apart()
    {
        await using ProgramProcess serve = ProgramProcess.Start("serve", "--port-base", "0", "--metrics", "127.0.0.1:0");
        Uri metrics = await MetricsAsync(serve);
        string text = "";
        // The last service may not have started yet.
        await Patience.UntilAsync(async () =>
        {
            text = await _http.GetStringAsync(metrics);
            return text.Contains("hawser_active_connections{hawser_service=\"clock\"} 0\n", StringComparison.Ordinal);
        });

        Assert.Single(text.Split('\n'), line => line == "# TYPE hawser_active_connections gauge");
        foreach (string service in (string[])["ping", "message", "upload", "numbers", "clock"])
            Assert.Contains($"hawser_active_connections{{hawser_service=\"{service}\"}} 0\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_drains_is_alive_and_not_ready()
    {
        await using ProgramProcess serve = ProgramProcess.Start(
            "serve", "upload", "0", _folder["stored"], "--host", "127.0.0.1", "--metrics", "0");
        IPEndPoint where = await serve.ListeningAsync();
        Uri metrics = await MetricsAsync(serve);
        using (RawClient client = await RawClient.ConnectAsync(where))
        {
            await client.SendAsync("x");
            // Before that, the upload has not begun for the server.
            await Patience.UntilAsync(async () => (await _http.GetStringAsync(metrics)).Contains(
                "hawser_connection_io_bytes_total{hawser_service=\"upload\",network_io_direction=\"receive\"} 1\n",
                StringComparison.Ordinal));
            serve.Signal(ProgramProcess.SIGTERM);
            await serve.Errors.LineWithAsync("stopping: ");

            using HttpResponseMessage ready = await _http.GetAsync(new Uri(metrics, "/readyz"));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Equal("draining\n", await ready.Content.ReadAsStringAsync());
            Assert.Equal("ok\n", await _http.GetStringAsync(new Uri(metrics, "/healthz")));
            client.FinishSending();
            await client.ReceiveToEndAsync();
        }
        Assert.Equal(0, (await serve.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task A_server_that_has_shed_is_ready_again_though_nobody_connects()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs ulimit");
        await using ProgramProcess serve = ProgramProcess.StartInShell(
            "ulimit -n 200; exec \"$@\"", "", "serve", "ping", "--port", "0", "--metrics", "0", "--quiet");
        IPEndPoint where = await serve.ListeningAsync();
        var ready = new Uri(await MetricsAsync(serve), "/readyz");
        IReadOnlyList<RawClient> flood = await RawClient.FloodAsync(where, 300);
        await Patience.UntilAsync(async () => await StatusOfAsync() == HttpStatusCode.ServiceUnavailable);

        foreach (RawClient client in flood)
            client.Dispose();

        await Patience.UntilAsync(async () => await StatusOfAsync() == HttpStatusCode.OK);

        async Task<HttpStatusCode> StatusOfAsync()
        {
            using HttpResponseMessage answer = await _http.GetAsync(ready);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_port_in_use_ends_the_program_with_the_options_name()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        ProgramResult result = await ProgramProcess.RunAsync("serve", "ping", "--port", "0", "--metrics", $"{port}");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("ERROR: --metrics: ", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--metrics", ":9464")]
    [InlineData("--metrics", "::1:9464")]
    [InlineData("--metrics", "localhost:")]
    [InlineData("--metrics", "70000")]
    [InlineData("--dashboard", "::1:9465")]
    [InlineData("--dashboard", "x")]
    [InlineData("--log", "xml")]
    [InlineData("--otlp", "127.0.0.1:4318")]
    public async Task A_bad_value_is_one_line(string option, string value)
    {
        ProgramResult result = await ProgramProcess.RunAsync("serve", "ping", "--port", "0", option, value);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith($"ERROR: {option}: ", result.Errors, StringComparison.Ordinal);
        Assert.Single(result.Errors.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("--metrics: --port is 18123, too", "ping", "--port", "18123", "--metrics", "18123")]
    [InlineData("--dashboard: --port is 18123, too", "ping", "--port", "18123", "--host", "127.0.0.1", "--dashboard", "0.0.0.0:18123")]
    [InlineData("--dashboard: --metrics is 18123, too", "ping", "--port", "0", "--metrics", "18123", "--dashboard", "18123")]
    [InlineData("--metrics: the port of upload is 18125, too", "--port-base", "18123", "--metrics", "18125")]
    public async Task Two_options_with_one_port_are_a_usage_error(string error, params string[] arguments)
    {
        (await ProgramProcess.RunAsync(["serve", .. arguments])).IsError(2, error);
        (await ProgramProcess.RunAsync(["serve", .. arguments, "--check"])).IsError(2, error);
    }

    [Fact]
    public async Task Nothing_is_announced_by_a_server_that_cannot_listen()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string port = $"{((IPEndPoint)taken.LocalEndpoint).Port}";

        (await ProgramProcess.RunAsync("serve", "ping", "--port", port, "--metrics", "0", "--dashboard", "0"))
            .IsError(1, $"port {port} is already in use");
    }

    [Fact]
    public async Task Prometheus_scrapes_a_server()
    {
        Assert.SkipUnless(File.Exists(Prometheus), "needs Debian's prometheus");
        await using ProgramProcess serve = ProgramProcess.Start("serve", "ping", "--port", "0", "--metrics", "0");
        Uri metrics = await MetricsAsync(serve);
        string settings = _folder.Write("prometheus.yml", System.Text.Encoding.UTF8.GetBytes($"""
            global: {"{"} scrape_interval: 500ms, scrape_timeout: 500ms {"}"}
            scrape_configs:
              - job_name: hawser
                static_configs: [{"{"} targets: ["{metrics.Authority}"] {"}"}]
            """));
        // It cannot choose a port itself.
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }
        await using ProgramProcess prometheus = ProgramProcess.StartForeign(
            Prometheus, $"--config.file={settings}", $"--storage.tsdb.path={_folder["data"]}",
            $"--web.listen-address=127.0.0.1:{port}");
        await prometheus.Errors.LineWithAsync("Server is ready to receive web requests");

        await ExpectAsync("up{job=\"hawser\"}", "1");
        await ExpectAsync("hawser_ping_round_trips_total", "0");
        await ExpectAsync("hawser_refused_connections_total{error_type=\"exhausted\"}", "0");

        // A first scrape may come too early.
        Task ExpectAsync(string query, string expected) => Patience.UntilAsync(async () =>
        {
            string json = await _http.GetStringAsync(
                new Uri($"http://127.0.0.1:{port}/api/v1/query?query={Uri.EscapeDataString(query)}"));
            using var answer = JsonDocument.Parse(json);
            JsonElement result = answer.RootElement.GetProperty("data").GetProperty("result");
            return result.GetArrayLength() > 0 && result[0].GetProperty("value")[1].GetString() == expected;
        });
    }

    /// <summary>It warns of names of the runtime, which are OpenTelemetry's: <c>dotnet.assembly.count</c> and the
    /// like.</summary>
    [Fact]
    public async Task Promtool_finds_no_fault_with_our_metrics()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/promtool"), "needs Debian's prometheus");
        await using ProgramProcess serve = ProgramProcess.Start("serve", "--port-base", "0", "--metrics", "0");
        Uri metrics = await MetricsAsync(serve);
        await Patience.UntilAsync(async () => (await _http.GetStringAsync(metrics))
            .Contains("hawser_active_connections{hawser_service=\"clock\"}", StringComparison.Ordinal));
        await using ProgramProcess promtool = ProgramProcess.StartForeign("/usr/bin/promtool", "check", "metrics");

        ProgramResult result = await promtool.FinishAsync(await _http.GetByteArrayAsync(metrics));

        Assert.All((result.Text + result.Errors).Split('\n', StringSplitOptions.RemoveEmptyEntries), problem =>
            Assert.Matches("^dotnet_[a-z_]+_count non-histogram and non-summary metrics should not have", problem));
        // 3 is for warnings.
        Assert.Contains(result.ExitCode, (int[])[0, 3]);
    }

    private static async Task<Uri> MetricsAsync(ProgramProcess serve)
    {
        string line = await serve.Errors.LineWithAsync("metrics at http://");
        return new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..].Split(';')[0]);
    }
}
