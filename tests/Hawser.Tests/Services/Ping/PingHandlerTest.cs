using System.Text;
using Hawser.Services.Ping;
using Xunit;

namespace Hawser.Tests.Services.Ping;

public sealed class PingHandlerTest
{
    private const string Expected = $"ERROR: {PingProtocol.Rule}\n";
    private const string TooLong = "ERROR: line longer than 128 bytes\n";

    public static TheoryData<string, string, string> BadLinesUnderEveryModel
    {
        get
        {
            var all = new TheoryData<string, string, string>();
            foreach (string model in ServiceMatrix.AllModels.Select(row => row.Data))
            {
                foreach (string line in PingProtocolTest.NoPings.Select(row => row.Data))
                    all.Add(model, $"{line}\n", Expected);
                all.Add(model, new string('x', 127) + "\n", Expected);
                all.Add(model, new string('x', 128) + "\n", TooLong);
                all.Add(model, new string('x', 100_000), TooLong);
                all.Add(model, "ping 1 1\0\n", Expected);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(BadLinesUnderEveryModel))]
    public async Task A_bad_line_gets_one_error_and_the_end(string model, string line, string error)
    {
        await using PingServer server = PingServer.Start(model);
        using RawPeer client = await server.ConnectAsync();

        await client.SendAsync($"ping 4 1\n{line}");

        Assert.Equal("pong 4 1", await client.ReadLineAsync());
        Assert.Equal(error, await client.ReadToEndAsync());
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task What_follows_a_bad_line_is_not_answered(string model)
    {
        await using PingServer server = PingServer.Start(model);
        using RawPeer client = await server.ConnectAsync();

        await client.SendAsync("nonsense\nping 4 1\nnonsense\n");

        Assert.Equal(Expected, await client.ReadToEndAsync());
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_half_close_in_mid_line_gets_a_truncation_error(string model)
    {
        await using PingServer server = PingServer.Start(model);
        using RawPeer client = await server.ConnectAsync();

        await client.SendAsync("ping 4 1\nping 4");
        client.FinishSending();

        Assert.Equal("pong 4 1\nERROR: truncated line\n", await client.ReadToEndAsync());
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_bad_client_ends_only_its_own_connection(string model)
    {
        await using PingServer server = PingServer.Start(model);
        foreach (string bad in (string[])["nonsense\n", "ping", "", new string('x', 1000)])
        {
            using RawPeer client = await server.ConnectAsync();
            await client.SendAsync(bad);
            client.Reset();
        }

        using RawPeer good = await server.ConnectAsync();
        await good.SendAsync("ping 1 1\n");
        Assert.Equal("pong 1 1", await good.ReadLineAsync());
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task Pings_sent_ahead_are_answered_in_their_order_and_then_the_server_finishes(string model)
    {
        const int Pings = 1000;
        await using PingServer server = PingServer.Start(model);
        using RawPeer client = await server.ConnectAsync();
        string pings = string.Concat(Enumerable.Range(1, Pings).Select(n => $"ping 2 {n}\n"));

        await client.SendAsync(pings);
        client.FinishSending();

        Assert.Equal(pings.Replace("ping", "pong", StringComparison.Ordinal), await client.ReadToEndAsync());
        await server.Log.LineWithAsync($"- connection 1 after {Pings} pongs");
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_line_may_come_a_byte_at_a_time(string model)
    {
        await using PingServer server = PingServer.Start(model);
        using RawPeer client = await server.ConnectAsync();

        foreach (byte one in GoldenBytes.Of("ping"))
            await client.SendAsync(new[] { one });

        Assert.Equal(Encoding.ASCII.GetString(GoldenBytes.Of("pong")), await client.ReadLineAsync() + "\n");
    }
}
