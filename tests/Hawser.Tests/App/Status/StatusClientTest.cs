using System.Net;
using System.Net.Sockets;
using System.Text;
using Hawser.App.Status;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Status;

/// <summary>The client of the status socket, against a server that the test plays.</summary>
public sealed class StatusClientTest : IAsyncLifetime
{
    private const string End = "{\"type\":\"end\"}\n";

    private static readonly ListRequest List = new();

    private readonly FakeTime _time = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private Socket _server = null!;
    private StatusClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _client = new StatusClient(
            "7.sock", await Dialer.ConnectAsync(_listener.LocalEndPoint!, Patience.Limit, CancellationToken.None), _time);
        _server = await _listener.AcceptAsync();
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        _server.Dispose();
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_late_answer_is_not_taken_for_the_next_one()
    {
        Task late = _client.ListAsync(List, CancellationToken.None);
        await RequestAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        IOException silent = await Assert.ThrowsAsync<IOException>(() => late.Bounded());
        Assert.Equal("process 7 does not answer", silent.Message);

        IOException closed = await Assert.ThrowsAsync<IOException>(
            () => _client.ListAsync(List, CancellationToken.None).Bounded());

        Assert.Equal("process 7 closed its status socket", closed.Message);
        Assert.Equal(0, await _server.ReceiveAsync(new byte[1]).Bounded());
    }

    [Fact]
    public async Task A_cancelled_request_closes_the_client()
    {
        using var cancel = new CancellationTokenSource();
        Task cancelled = _client.ListAsync(List, cancel.Token);
        await RequestAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Bounded());

        Assert.Equal(0, await _server.ReceiveAsync(new byte[1]).Bounded());
    }

    [Fact]
    public async Task A_request_that_waits_for_another_keeps_its_own_patience()
    {
        Task first = _client.ListAsync(List, CancellationToken.None);
        Task second = _client.ListAsync(List, CancellationToken.None);
        await RequestAsync();
        _time.Advance(TimeSpan.FromSeconds(4));
        await AnswerAsync(End);
        await first.Bounded();
        await RequestAsync();
        _time.Advance(TimeSpan.FromSeconds(4));
        await AnswerAsync(End);

        await second.Bounded();
    }

    [Fact]
    public async Task A_request_that_waits_in_vain_for_another_leaves_the_client_usable()
    {
        Task patient = _client.ListAsync(List, CancellationToken.None, Timeout.InfiniteTimeSpan);
        await RequestAsync();
        Task hasty = _client.AskAsync(new DrainRequest(), CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(5));
        IOException silent = await Assert.ThrowsAsync<IOException>(() => hasty.Bounded());
        Assert.Equal("process 7 does not answer", silent.Message);

        await AnswerAsync(End);
        await patient.Bounded();
    }

    [Fact]
    public async Task A_refused_request_leaves_the_client_usable()
    {
        Task refused = _client.ListAsync(List, CancellationToken.None);
        await RequestAsync();
        await AnswerAsync("{\"type\":\"error\",\"message\":\"'x' is not an order\"}\n");
        Assert.Equal("'x' is not an order",
            (await Assert.ThrowsAsync<StatusErrorException>(() => refused.Bounded())).Message);

        Task next = _client.ListAsync(List, CancellationToken.None);
        await RequestAsync();
        await AnswerAsync(End);
        await next.Bounded();
    }

    private Task<int> RequestAsync() => _server.ReceiveAsync(new byte[4096]).Bounded();

    private Task<int> AnswerAsync(string answer) => _server.SendAsync(Encoding.UTF8.GetBytes(answer)).Bounded();
}
