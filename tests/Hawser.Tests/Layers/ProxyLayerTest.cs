using System.Net;
using System.Text;
using Hawser.Layers;
using Hawser.Limits;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Layers;

/// <summary>The PROXY protocol: who a connection is from, and which headers are refused.</summary>
public sealed class ProxyLayerTest
{
    private static readonly IPEndPoint Source = IPEndPoint.Parse("192.0.2.7:5000");
    private static readonly IPEndPoint Source6 = IPEndPoint.Parse("[2001:db8::7]:5000");
    private static readonly byte[] Signature = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10];

    public static TheoryData<string> Malformed =>
    [
        "GET / HTTP/1.1\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 5000 80\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 5000\r\n",
        "PROXY TCP5 192.0.2.7 192.0.2.1 5000 80\r\n",
        "PROXY TCP4 192.0.2 192.0.2.1 5000 80\r\n",
        "PROXY TCP4 0xc0.0.2.7 192.0.2.1 5000 80\r\n",
        "PROXY TCP4 ::1 ::1 5000 80\r\n",
        "PROXY TCP6 192.0.2.7 192.0.2.1 5000 80\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 65536 80\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 -1 80\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 05000 80\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1  80\r\n",
        "PROXY " + new string('x', 200) + "\r\n",
        Binary(0x31, 0x11, 12, new byte[12]),
        Binary(0x22, 0x11, 12, new byte[12]),
        Binary(0x21, 0x11, 11, new byte[11]),
        Binary(0x21, 0x21, 12, new byte[12]),
        Binary(0x21, 0x11, 60_000, []),
        "\r\n\r\n\0\r\nQUIX\n1234",
    ];

    public static TheoryData<string> Truncated =>
    [
        "PROXY TCP4 192.0.2.7 192.0",
        "\r\n\r\n",
        Binary(0x21, 0x11, 12, new byte[5]),
        "",
    ];

    [Theory, Models]
    public async Task The_proxy_header_sets_the_peer_address(string model)
    {
        await using TestServer server = Start(model);
        foreach ((byte[] header, string peer) in (ValueTuple<byte[], string>[])[
            (ProxyHeader.WriteText(Source, Source), $"{Source}"),
            (ProxyHeader.WriteText(Source6, Source6), $"{Source6}"),
            (ProxyHeader.WriteBinary(Source, Source), $"{Source}"),
            (ProxyHeader.WriteBinary(Source6, Source6), $"{Source6}"),
            // An address and a TLV of 3 + 2 bytes.
            (Bytes(Binary(0x21, 0x11, 17, [192, 0, 2, 7, 192, 0, 2, 1, 0x13, 0x88, 0, 80, 4, 0, 2, 1, 1])), $"{Source}"),
        ])
        {
            Assert.Equal($"{peer} hello", await AskAsync(server, [.. header, .. "hello\n"u8], piece: 1));
            Assert.Equal($"{peer} hello", await AskAsync(server, [.. header, .. "hello\n"u8], piece: 1000));
        }
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task A_header_without_addresses_leaves_the_peer_as_it_is(string model)
    {
        await using TestServer server = Start(model);
        foreach (string header in (string[])[
            "PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", Binary(0x20, 0, 0, []),
            Binary(0x21, 0x31, 216, new byte[216]), Binary(0x21, 0, 3, new byte[3])])
        {
            Assert.StartsWith("127.0.0.1:", await AskAsync(server, [.. Bytes(header), .. "hello\n"u8], piece: 1000));
        }
    }

    [Theory, Models]
    public async Task A_header_from_an_untrusted_address_is_data(string model)
    {
        await using TestServer server = Start(model, "192.0.2.0/24");

        string answer = await AskAsync(server, ProxyHeader.WriteText(Source, Source), piece: 1000);

        Assert.StartsWith("127.0.0.1:", answer);
        Assert.EndsWith($" PROXY TCP4 {Source.Address} {Source.Address} 5000 5000\r", answer);
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_malformed_header_ends_the_connection(string header)
    {
        await using TestServer server = Start("epoll");
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
        await client.SendAsync(Bytes(header));

        Assert.Equal(CloseReason.ProtocolError, (await EndOf(server, client)).Reason);
        Assert.Empty(server.Observer.Faults);
    }

    [Theory]
    [MemberData(nameof(Truncated))]
    public async Task A_truncated_header_ends_the_connection(string header)
    {
        await using TestServer server = Start("threads");
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
        await client.SendAsync(Bytes(header));
        client.FinishSending();

        Assert.Equal(CloseReason.Truncated, (await EndOf(server, client)).Reason);
        Assert.Empty(server.Observer.Faults);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_client_sends_either_version(int version)
    {
        await using TestServer server = Start("async");
        var options = new DialOptions { Layers = [ProxyLayer.Client(Source, Source, version)] };
        await using Connection client = await Dialer.ConnectAsync(server.EndPoint, options).Bounded();

        await client.WriteAsync("hello\n"u8.ToArray());

        ReadOnlyMemory<byte>? line = await client.TryReadLineAsync(200).AsTask().Bounded();
        Assert.Equal($"{Source} hello", Encoding.ASCII.GetString(line!.Value.Span));
    }

    private static async Task<(Connection Connection, CloseReason Reason)> EndOf(TestServer server, RawClient client)
    {
        Assert.True(await client.EndsByResetAsync());
        client.Dispose();
        return await server.Observer.NextEndAsync();
    }

    /// <summary>Answers a line with the peer's address and the line.</summary>
    private static TestServer Start(string model, string trusted = "127.0.0.0/8") =>
        TestServer.Start(model, async connection =>
        {
            ReadOnlyMemory<byte>? line = await connection.TryReadLineAsync(200);
            byte[] answer = [.. Encoding.ASCII.GetBytes($"{connection.RemoteEndPoint} "), .. line!.Value.Span, (byte)'\n'];
            await connection.WriteAsync(answer);
        }, options => options with { Layers = [ProxyLayer.Server(AddressList.Parse(trusted))] });

    private static async Task<string> AskAsync(TestServer server, byte[] bytes, int piece)
    {
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
        foreach (byte[] part in bytes.Chunk(piece))
            await client.SendAsync(part);
        return await client.ReceiveLineAsync();
    }

    /// <summary>A header of version 2, a character per byte.</summary>
    private static string Binary(byte command, byte family, int length, byte[] rest) => Encoding.Latin1.GetString(
        [.. Signature, command, family, (byte)(length >> 8), (byte)length, .. rest]);

    private static byte[] Bytes(string latin1) => Encoding.Latin1.GetBytes(latin1);
}
