using System.Net;
using System.Text;
using Hawser.App.Http;
using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Metrics;

public sealed class HttpResponderTest : IAsyncDisposable
{
    // More than the buffers of the kernel hold.
    private static readonly HttpResponse Large = HttpResponse.Line(HttpStatus.Done, new string('x', 20_000_000));

    private readonly TestServer _server = Start(isLocal: true);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n", 200)]
    [InlineData("HEAD /page HTTP/1.1\r\nhost:\t127.0.0.1:9464 \r\n\r\n", 200)]
    [InlineData("GET /page?name=value HTTP/1.1\r\nHost: [::1]:9464\r\n\r\n", 200)]
    [InlineData("\r\nGET http://localhost/page HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", 200)]
    [InlineData("GET /page HTTP/1.0\r\n\r\n", 200)]
    [InlineData("GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n", 404)]
    [InlineData("GET /page/../page HTTP/1.1\r\nHost: localhost\r\n\r\n", 404)]
    [InlineData("POST /page HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 405)]
    [InlineData("BREW /page HTTP/1.1\r\nHost: localhost\r\n\r\n", 405)]
    [InlineData("GET /page HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421)]
    [InlineData("GET http://evil.example/page HTTP/1.1\r\nHost: localhost\r\n\r\n", 421)]
    [InlineData("GET http://localhost/page HTTP/1.1\r\nHost: evil.example\r\n\r\n", 200)]
    [InlineData("POST /command HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 200)]
    [InlineData("POST /command HTTP/1.1\r\nHost: localhost\r\n\r\n", 200)]
    [InlineData("GET /command HTTP/1.1\r\nHost: localhost\r\n\r\n", 405)]
    [InlineData("POST /other HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 404)]
    [InlineData("POST /command HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 5\r\n\r\nhello", 421)]
    [InlineData("POST /command HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4097\r\n\r\n", 413)]
    [InlineData("POST /command HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", 400)]
    [InlineData("POST /command HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400)]
    [InlineData("POST /command HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400)]
    [InlineData("POST /command HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400)]
    [InlineData("GET /page HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /page HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET /page HTTP/1.1\nHost: localhost\n\n", 400)]
    [InlineData("GET /page HTTP/1.1\r\nHost: localhost\r\n folded\r\n\r\n", 400)]
    [InlineData("GET /page HTTP/1.1\r\nHost : localhost\r\n\r\n", 400)]
    [InlineData("GET /page HTTP/1.1\r\nHost: local\0host\r\n\r\n", 400)]
    [InlineData("GET /page HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx", 400)]
    [InlineData("GET /page HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400)]
    [InlineData("GET  /page HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET page HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("G\x01T /page HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400)]
    [InlineData("nonsense\r\n\r\n", 400)]
    [InlineData("GET /page HTTP/2.0\r\nHost: localhost\r\n\r\n", 505)]
    public async Task A_request_gets_its_status(string request, int status)
    {
        using RawClient client = await _server.ConnectAsync();
        await client.SendAsync(Encoding.Latin1.GetBytes(request));
        client.FinishSending();

        Assert.StartsWith($"HTTP/1.1 {status} ", await ReceiveAsync(client), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /", 2_100, 414)]
    [InlineData("GET /page HTTP/1.1\r\nHost: localhost\r\nCookie: ", 8_200, 431)]
    public async Task A_line_that_does_not_end_is_refused_while_it_arrives(string begin, int more, int status)
    {
        using RawClient client = await _server.ConnectAsync();
        await client.SendAsync(begin + new string('x', more));

        Assert.StartsWith($"HTTP/1.1 {status} ", await ReceiveAsync(client), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_headers_are_refused()
    {
        using RawClient client = await _server.ConnectAsync();
        await client.SendAsync("GET /page HTTP/1.1\r\nHost: localhost\r\n");
        await client.SendAsync(string.Concat(Enumerable.Repeat("a: b\r\n", 64)));

        Assert.StartsWith("HTTP/1.1 431 ", await ReceiveAsync(client), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_of_one_connection_are_answered_in_order_until_one_closes_it()
    {
        using RawClient client = await _server.ConnectAsync();
        await client.SendAsync(
            "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n" + "HEAD /page HTTP/1.1\r\nHost: localhost\r\n\r\n"
            + "GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: foo, Close\r\n\r\n"
            + "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n");

        string answers = await ReceiveAsync(client);
        Assert.Equal(3, answers.Split("HTTP/1.1 200 OK\r\n").Length - 1);
        Assert.Equal(3, answers.Split("Content-Length: 6\r\n").Length - 1);
        Assert.Equal(2, answers.Split("hello\n").Length - 1);
        Assert.Equal(2, answers.Split("Connection: keep-alive\r\n").Length - 1);
        Assert.EndsWith("Connection: close\r\n\r\nhello\n", answers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_old_client_gets_no_answer_before_the_last()
    {
        using RawClient client = await _server.ConnectAsync();
        await client.SendAsync(
            "POST /command HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello");

        Assert.StartsWith("HTTP/1.1 200 ", await ReceiveAsync(client), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_waits_with_its_body_is_asked_for_it()
    {
        using RawClient client = await _server.ConnectAsync();
        await client.SendAsync("POST /command HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
            + "Expect: 100-Continue\r\nConnection: close\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r", await client.ReceiveLineAsync());
        Assert.Equal("\r", await client.ReceiveLineAsync());

        await client.SendAsync("hello");

        Assert.StartsWith("HTTP/1.1 200 ", await ReceiveAsync(client), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_not_read_is_no_request()
    {
        using RawClient client = await _server.ConnectAsync();
        await client.SendAsync("POST /command?a=b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"
            + "POST /other HTTP/1.1\r\nHost: localhost\r\nContent-Length: 42\r\n\r\n"
            + "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n");

        string answers = await ReceiveAsync(client);
        Assert.Contains("\r\n\r\na=b:hello\nHTTP/1.1 404 ", answers, StringComparison.Ordinal);
        Assert.Equal(2, answers.Split("HTTP/1.1 ").Length - 1);
    }

    [Fact]
    public async Task A_405_names_the_methods()
    {
        using RawClient client = await _server.ConnectAsync();
        await client.SendAsync("DELETE /page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Assert.Contains("\r\nAllow: GET, HEAD\r\n", await ReceiveAsync(client), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_follows_a_malformed_request_is_not_read()
    {
        using RawClient client = await _server.ConnectAsync();
        await client.SendAsync("GET * HTTP/1.1\r\nHost: localhost\r\n\r\nGET /page HTTP/1.1\r\nHost: localhost\r\n\r\n");

        Assert.DoesNotContain("200", await ReceiveAsync(client), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /page HTTP/1.1\r\nHost: local")]
    [InlineData("GET /page HTTP/1.1\r\nHost: localhost\r\n")]
    public async Task A_request_that_is_cut_gets_no_answer(string part)
    {
        using RawClient client = await _server.ConnectAsync();
        await client.SendAsync(part);
        client.FinishSending();

        Assert.Equal("", await ReceiveAsync(client));
        Assert.Equal(CloseReason.Truncated, await _server.Observer.NextReasonAsync());
    }

    [Fact]
    public async Task A_client_that_trickles_its_request_is_closed()
    {
        var time = new FakeTime();
        await using TestServer server = Start(isLocal: true, time);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET /");
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(accepted => accepted.BytesReceived == 5));
        CloseReason? reason = null;
        Task end = server.Observer.NextReasonAsync().ContinueWith(
            ended => reason = ended.Result, TaskScheduler.Default);
        while (reason is null)
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }

        await end;
        Assert.Equal(CloseReason.TooSlow, reason);
    }

    [Fact]
    public async Task A_stream_goes_on_until_the_stop()
    {
        await using TestServer server = Start(isLocal: true);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
        while (await client.ReceiveLineAsync() != "\r")
        {
        }

        Assert.Equal("data: 1", await client.ReceiveLineAsync());
        Task stop = server.Server.StopAsync();
        Assert.Equal("data: the end\n", await ReceiveAsync(client));
        client.FinishSending();
        await stop.Bounded();
    }

    [Fact]
    public async Task An_http_client_gets_pages_over_one_connection()
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{_server.EndPoint}/"), Timeout = Patience.Limit };
        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage response = await http.GetAsync("page");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
            Assert.Equal("hello\n", await response.Content.ReadAsStringAsync());
            Assert.NotNull(response.Headers.Date);
        }
        using var post = new StringContent(new string('x', 100_000));
        using HttpResponseMessage refused = await http.PostAsync("page", post);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, refused.StatusCode);
        Assert.Single(_server.Observer.AcceptedOnes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /pa")]
    [InlineData("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    public async Task Clients_that_do_nothing_keep_out_no_other(string beginning)
    {
        var waiting = new List<RawClient>();
        for (int i = 0; i < 100; i++)
        {
            waiting.Add(await _server.ConnectAsync());
            // One that has been reset cannot send.
            await Record.ExceptionAsync(() => waiting[i].SendAsync(beginning));
        }

        using RawClient polite = await _server.ConnectAsync();
        await polite.SendAsync("GET /page HTTP/1.0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await ReceiveAsync(polite), StringComparison.Ordinal);
        waiting.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Beyond_the_loopback_interface_any_name_is_served()
    {
        await using TestServer server = Start(isLocal: false);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET /page HTTP/1.1\r\nHost: metrics.example\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200 ", await ReceiveAsync(client), StringComparison.Ordinal);
    }

    private static TestServer Start(bool isLocal, TimeProvider? time = null)
    {
        var routes = new Dictionary<string, HttpRoute>
        {
            ["/page"] = HttpRoute.Get(() => HttpResponse.Line(HttpStatus.Done, "hello")),
            ["/large"] = HttpRoute.Get(() => Large),
            ["/command"] = HttpRoute.Post(request => ValueTask.FromResult(
                HttpResponse.Line(HttpStatus.Done, $"{request.Query}:{Encoding.ASCII.GetString(request.Body.Span)}"))),
            ["/events"] = HttpRoute.Get(() => new HttpResponse(HttpStatus.Done, "text/event-stream", "data: 1\n"u8.ToArray())
            {
                Stream = async (connection, stopping) =>
                {
                    var stopped = new TaskCompletionSource();
                    using CancellationTokenRegistration stop = stopping.Register(stopped.SetResult);
                    await stopped.Task;
                    await connection.WriteAsync("data: the end\n"u8.ToArray());
                },
            }),
        };
        return TestServer.Start(
            ConcurrencyModels.Get("select"), new HttpResponder(routes, isLocal ? new HttpHosts() : null), options => options with
            {
                Limits = HttpResponder.Limits with { DrainTimeout = Patience.Limit },
                TimeProvider = time ?? TimeProvider.System,
            });
    }

    private static async Task<string> ReceiveAsync(RawClient client) =>
        Encoding.Latin1.GetString(await client.ReceiveToEndAsync());
}
