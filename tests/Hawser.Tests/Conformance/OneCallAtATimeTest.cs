using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A second read or write beside a pending one is refused and does not affect the first.</summary>
public sealed class OneCallAtATimeTest
{
    [Theory, Models]
    public async Task A_second_read_is_refused(string model)
    {
        var first = new TaskCompletionSource<byte[]>();
        await using TestServer server = TestServer.Start(model, connection => connection.DuplexAsync(
            async _ => first.SetResult((await connection.ReadAsync()).ToArray()),
            async _ =>
            {
                await Patience.UntilAsync(() => connection.IsReceiving);
                var error = await Assert.ThrowsAsync<InvalidOperationException>(
                    async () => await connection.WaitForInputAsync());
                Assert.Contains("a read is pending", error.Message, StringComparison.Ordinal);
                Assert.True(connection.IsReceiving);
                await connection.WriteAsync("refused\n"u8.ToArray());
                await connection.WriteAsync(await first.Task);
            }));
        using RawClient client = await server.ConnectAsync();

        Assert.Equal("refused", await client.ReceiveLineAsync());
        await client.SendAsync("first\n");

        Assert.Equal("first", await client.ReceiveLineAsync());
    }

    [Theory, Models]
    public async Task A_second_write_is_refused(string model)
    {
        const int Bytes = 20_000_000;
        var refused = new TaskCompletionSource();
        await using TestServer server = TestServer.Start(model, connection => connection.DuplexAsync(
            async _ => await connection.WriteAsync(new byte[Bytes]),
            async _ =>
            {
                await Patience.UntilAsync(() => connection.IsSending);
                var error = await Assert.ThrowsAsync<InvalidOperationException>(
                    async () => await connection.WriteAsync("x"u8.ToArray()));
                Assert.Contains("a write is pending", error.Message, StringComparison.Ordinal);
                refused.SetResult();
            }));
        using RawClient client = await server.ConnectAsync();
        await refused.Task.Bounded();

        Assert.DoesNotContain((byte)'x', await client.ReceiveExactlyAsync(Bytes));
    }
}
