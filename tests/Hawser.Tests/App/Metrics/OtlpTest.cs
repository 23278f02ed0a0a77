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
        Assert.Single(result.Errors.Split('\n'), line => line.Contains("WARNING: --otlp: ", StringComparison.Ordinal));
    }

    private static ProgramProcess Start(params string[] arguments) =>
        ProgramProcess.StartWithPackages([("OTEL_SERVICE_NAME", "kiosk 7")], arguments);

    private static async Task CollectAsync(Connection connection, ConcurrentDictionary<string, string> posts)
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
            posts.AddOrUpdate(path, Encoding.Latin1.GetString(body), (_, before) => before + Encoding.Latin1.GetString(body));
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        }
    }
}
