using System.Security.Cryptography;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Output of a handler after a timeout arrives, although the peer keeps sending.</summary>
public sealed class LingerAfterTimeoutTest
{
    private const int AnswerBytes = 200_000;

    private static readonly ServerLimits Limits = TestServer.Limits with
    {
        FirstByteTimeout = TimeSpan.FromSeconds(10),
        IdleTimeout = TimeSpan.FromSeconds(60),
    };

    private readonly FakeTime _time = new();

    [Theory, Models]
    public Task After_a_first_byte_timeout_all_of_the_answer_arrives(string model) =>
        AssertAnswerArrivesAsync(model, CloseReason.FirstByteTimeout, TimeSpan.FromSeconds(11));

    [Theory, Models]
    public Task After_an_idle_timeout_all_of_the_answer_arrives(string model) =>
        AssertAnswerArrivesAsync(model, CloseReason.IdleTimeout, TimeSpan.FromSeconds(61));

    [Theory, Models]
    public async Task An_infinite_linger_time_waits_for_the_peer(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection => await connection.ReadAsync(),
            options => options with
            {
                TimeProvider = _time,
                Limits = Limits with { LingerTimeout = Timeout.InfiniteTimeSpan },
            });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        Assert.Empty(await client.ReceiveToEndAsync());
        Connection connection = server.Observer.AcceptedOnes.Single();

        for (int i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(50));
            await client.SendAsync("y");
            await Patience.UntilAsync(() => connection.BytesReceived == i + 2);
        }
        Assert.Equal(CloseReason.None, connection.EndedBy);
        Assert.Empty(server.Observer.ClosedOnes);
        client.FinishSending();

        Assert.Equal(CloseReason.HandlerFinished, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task An_infinite_linger_time_does_not_abort_a_timed_out_connection(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await Record.ExceptionAsync(async () => await connection.ReadAsync());
            await connection.WriteAsync("late"u8.ToArray());
        }, options => options with
        {
            TimeProvider = _time,
            Limits = Limits with { LingerTimeout = Timeout.InfiniteTimeSpan },
        });
        using RawClient client = await server.ConnectAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(connection => connection.IsReceiving));

        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal("late"u8.ToArray(), await client.ReceiveToEndAsync());
        Connection connection = server.Observer.AcceptedOnes.Single();
        for (int i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await client.SendAsync("y");
            await Patience.UntilAsync(() => connection.BytesReceived == i + 1);
        }
        Assert.Empty(server.Observer.ClosedOnes);
        client.FinishSending();

        Assert.Equal(CloseReason.FirstByteTimeout, await server.Observer.NextReasonAsync());
    }

    private async Task AssertAnswerArrivesAsync(string model, CloseReason reason, TimeSpan after)
    {
        byte[] answer = RandomNumberGenerator.GetBytes(AnswerBytes);
        var struck = new TaskCompletionSource<CloseReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        var goesOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            try
            {
                await Handlers.EchoAsync(connection);
            }
            catch (ConnectionClosedException e)
            {
                struck.SetResult(e.Reason);
                await goesOn.Task;
                await connection.WriteAsync(answer);
            }
        }, options => options with { Limits = Limits, TimeProvider = _time });
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 16 * 1024);
        if (reason == CloseReason.IdleTimeout)
        {
            await client.SendAsync("x");
            await client.ReceiveExactlyAsync(1);
        }
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(connection => connection.IsReceiving));
        _time.Advance(after);
        Assert.Equal(reason, await struck.Task.Bounded());

        await client.SendAsync(new byte[10_000]);
        goesOn.SetResult();
        using var received = new MemoryStream();
        byte[] piece = new byte[1_000];
        int count;
        while ((count = await client.ReceiveAsync(piece)) > 0)
        {
            received.Write(piece, 0, count);
            await client.SendAsync(piece);
        }
        client.FinishSending();

        Assert.Equal(AnswerBytes, received.Length);
        Assert.True(answer.AsSpan().SequenceEqual(received.ToArray()));
        Assert.Equal(reason, await server.Observer.NextReasonAsync());
    }
}
