using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Hawser.App.Dashboard;
using Hawser.App.Http;
using Hawser.App.Status;
using Hawser.Models;
using Hawser.Tests.Support;

namespace Hawser.Tests.App.Dashboard;

/// <summary>A server named "echo", and the dashboard that shows it.</summary>
internal sealed class DashboardStage : IAsyncDisposable
{
    public const string Token = "correct horse battery staple";

    private readonly Meter _meter = new(new MeterOptions("Hawser") { Tags = [new("hawser.service", "echo")] });

    private DashboardStage(TimeProvider time, string model, bool hasToken, Func<ServerOptions, ServerOptions>? with)
    {
        var options = new DashboardOptions(
            HttpAddress.Parse("0", 1), hasToken ? () => Encoding.ASCII.GetBytes(Token) : null, []);
        Source = new DashboardSource([new ServerTelemetry("echo")], hasToken, time);
        Probe = _meter.CreateHistogram<double>("hawser.tls_handshake.duration");
        Echo = TestServer.Start(model, Handlers.EchoAsync, watched => watched with
        {
            Observer = Observer = Source.Observe("echo", watched.Observer),
            Meter = _meter,
            Layers = [],
        });
        Source.Board = new StatusBoard(
            [new StatusSource("echo", model, Echo.Server, Notes.Add)], () => Drains++, () => Drains > 0, "the dashboard");
        Server = TestServer.Start(
            ConcurrencyModels.Get("select"),
            new HttpResponder(
                DashboardServer.Routes(options, Source, Errors, time), DashboardServer.HostsOf(options.Where)),
            served => (with ?? (same => same))(served with
            {
                Limits = HttpResponder.Limits,
                TimeProvider = time,
                Layers = [],
            }));
        Http = new HttpClient { BaseAddress = new Uri($"http://{Server.EndPoint}/"), Timeout = Patience.Limit };
    }

    public TestServer Echo { get; }

    public TestServer Server { get; }

    public DashboardSource Source { get; }

    /// <summary>What the server reports to.</summary>
    public IServerObserver Observer { get; private set; } = null!;

    /// <summary>An instrument that only the dashboard may enable.</summary>
    public Histogram<double> Probe { get; }

    public HttpClient Http { get; }

    public StringWriter Errors { get; } = new();

    /// <summary>What the log of the server says.</summary>
    public List<string> Notes { get; } = [];

    public int Drains { get; private set; }

    public IPEndPoint Where => (IPEndPoint)Server.EndPoint;

    public static DashboardStage Start(
        TimeProvider? time = null, bool hasToken = false, string model = "epoll",
        Func<ServerOptions, ServerOptions>? with = null) =>
        new(time ?? TimeProvider.System, model, hasToken, with);

    /// <summary>Connects to the server that is shown.</summary>
    public Task<RawClient> ConnectAsync() => RawClient.ConnectAsync(Echo.EndPoint);

    /// <summary>Opens the stream, and reads its head.</summary>
    public async Task<RawClient> WatchAsync(int receiveBufferBytes = 0)
    {
        RawClient page = await RawClient.ConnectAsync(Where, receiveBufferBytes);
        await page.SendAsync("GET /events?sort=id HTTP/1.1\r\nHost: localhost\r\n\r\n");
        string status = await page.ReceiveLineAsync();
        if (status != "HTTP/1.1 200 OK\r")
            throw new IOException(status);
        while (await page.ReceiveLineAsync() != "\r")
        {
        }
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
        await Echo.DisposeAsync();
        _meter.Dispose();
        await Errors.DisposeAsync();
    }
}
