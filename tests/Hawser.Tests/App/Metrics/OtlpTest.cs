using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Metrics;

/// <summary><c>serve --otlp</c>, against a collector that keeps what it gets.</summary>
public sealed class OtlpTest
{
    [Fact]
    public async Task A_collector_gets_metrics_and_a_span_for_each_connection_before_the_program_ends()
    {
        var posts = new ConcurrentDictionary<string, string>();
        await using TestServer collector = TestServer.Start("threads", connection => CollectAsync(connection, posts));
        await using ProgramProcess serve = Start(
            "serve", "ping", "--port", "0", "--otlp", $"http://{collector.EndPoint}/base", "--metrics", "0");
        string metrics = await serve.Errors.LineWithAsync("metrics at ");
        using (var scraper = new HttpClient())
            await scraper.GetStringAsync(new Uri(metrics[metrics.IndexOf("http", StringComparison.Ordinal)..]));
        using (RawClient client = await RawClient.ConnectAsync(await serve.ListeningAsync()))
        {
            await client.SendAsync("ping 0 1\n");
            await client.ReceiveExactlyAsync(9);
        }
        await serve.Output.LineWithAsync("- connection 1 ");
        serve.Signal(ProgramProcess.SIGTERM);
        Assert.Equal(0, (await serve.EndAsync()).ExitCode);

        Assert.Contains("hawser.ping.round_trips", posts["/base/v1/metrics"], StringComparison.Ordinal);
        Assert.Contains("hawser.connection.duration", posts["/base/v1/metrics"], StringComparison.Ordinal);
        // One for the client, none for the scrape.
        Assert.Single(Regex.Matches(posts["/base/v1/traces"], @"hawser\.connection\.id"));
        Assert.All(posts.Values, post => Assert.Contains("kiosk 7", post, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_collector_the_server_serves_and_stops()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using ProgramProcess serve = Start(
            "serve", "ping", "--port", "0", "--otlp", $"http://{silent.LocalEndpoint}");
        using (RawClient client = await RawClient.ConnectAsync(await serve.ListeningAsync()))
        {
            await client.SendAsync("ping 0 1\n");
            await client.ReceiveExactlyAsync(9);
        }
        serve.Signal(ProgramProcess.SIGTERM);

        ProgramResult result = await serve.EndAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(["metrics are dropped", "traces are dropped"], result.Errors.Split('\n')
            .Where(line => line.Contains("WARNING: --otlp: ", StringComparison.Ordinal))
            .Select(line => line[(line.LastIndexOf(';') + 2)..]).Order());
    }

    [Fact]
    public async Task A_collector_that_takes_metrics_only_is_warned_of_once()
    {
        int taken = 0;
        await using TestServer collector = TestServer.Start("threads", connection => AnswerAsync(connection, (path, _) =>
        {
            if (path != "/v1/metrics")
                return "404 Not Found";
            Interlocked.Increment(ref taken);
            return "200 OK";
        }));
        await using ProgramProcess serve = ProgramProcess.StartWithPackages(
            [("OTEL_METRIC_EXPORT_INTERVAL", "20"), ("OTEL_BSP_SCHEDULE_DELAY", "20")],
            "serve", "ping", "--port", "0", "--otlp", $"http://{collector.EndPoint}");
        IPEndPoint where = await serve.ListeningAsync();
        for (int before = 0; before < 3; before++)
        {
            using (RawClient client = await RawClient.ConnectAsync(where))
            {
                await client.SendAsync("ping 0 1\n");
                await client.ReceiveExactlyAsync(9);
            }
            int seen = Volatile.Read(ref taken);
            await Patience.UntilAsync(() => Volatile.Read(ref taken) > seen);
        }
        serve.Signal(ProgramProcess.SIGTERM);

        ProgramResult result = await serve.EndAsync();
        Assert.Single(result.Errors.Split('\n'), line => line.Contains("--otlp", StringComparison.Ordinal));
        Assert.Contains("traces are dropped", result.Errors, StringComparison.Ordinal);
    }

    private static ProgramProcess Start(params string[] arguments) =>
        ProgramProcess.StartWithPackages([("OTEL_SERVICE_NAME", "kiosk 7")], arguments);

    private static Task CollectAsync(Connection connection, ConcurrentDictionary<string, string> posts) =>
        AnswerAsync(connection, (path, body) =>
        {
            posts.AddOrUpdate(path, body, (_, before) => before + body);
            return "200 OK";
        });

    private static async Task AnswerAsync(Connection connection, Func<string, string, string> statusOf)
    {
        while (await connection.TryReadLineAsync(1_000) is { } request)
        {
            string path = Encoding.ASCII.GetString(request.Span).Split(' ')[1];
            int length = 0;
            while (await connection.TryReadLineAsync(1_000) is { Length: > 1 } header)
            {
                string[] parts = Encoding.ASCII.GetString(header.Span).Split(':', StringSplitOptions.TrimEntries);
                if (parts[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                    length = int.Parse(parts[1]);
            }
            byte[] body = new byte[length];
            for (int filled = 0; filled < length;)
                filled += await connection.ReadAsync(body.AsMemory(filled));
            string status = statusOf(path, Encoding.Latin1.GetString(body));
            await connection.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
        }
    }
}
