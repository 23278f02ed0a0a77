using System.Text;
using Hawser.Services.Ping;
using Hawser.Services.Ping.Load;
using Xunit;

namespace Hawser.Tests.Services.Ping.Load;

public sealed class LoadWireTest
{
    private const string Length = "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH:  5 \r\n\r\npong\n";
    private const string Chunks =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npong\r\n0A;x=y\r\n0123456789\r\n0\r\n\r\n";

    [Theory]
    [InlineData("ping", "ping 7 12\n", "pong 7 12\n")]
    [InlineData("echo", "ping 7 12\n", "ping 7 12\n")]
    [InlineData("resp", "*1\r\n$4\r\nPING\r\n", "+PONG\r\n")]
    [InlineData("http", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", Length)]
    [InlineData("http", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", Chunks)]
    [InlineData("http", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData("http", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    public void An_answer_is_complete_with_its_last_byte(string wire, string request, string answer)
    {
        byte[] written = new byte[PingProtocol.LineLimit];
        int length = LoadWire.Parse(wire).WriteRequest(7, 12, written);
        Assert.Equal(request, Encoding.ASCII.GetString(written, 0, length));

        for (int received = 1; received < answer.Length; received++)
            Assert.Equal(0, Match(wire, answer[..received]));
        Assert.Equal(answer.Length, Match(wire, answer));
        Assert.Equal(answer.Length, Match(wire, answer + "HTTP"));
    }

    [Theory]
    [InlineData("ping", "pong 7 13")]
    [InlineData("ping", "ping")]
    [InlineData("echo", "pong 7 12\n")]
    [InlineData("resp", "-NOAUTH Authentication required.\r\n")]
    [InlineData("http", "HTTP/1.1 404 Not Found\r\n")]
    [InlineData("http", "HTTP/1.0 200 OK\r\n")]
    [InlineData("http", "HTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("http", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("http", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n")]
    [InlineData("http", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")]
    public void A_malformed_answer_is_rejected(string wire, string received) =>
        Assert.Throws<ProtocolException>(() => Match(wire, received));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2147483647\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n")]
    public void A_length_beyond_reason_is_not_complete(string received) => Assert.Equal(0, Match("http", received));

    [Fact]
    public void An_unknown_protocol_is_refused_with_a_list_of_the_known_ones() => Assert.Equal(
        "unknown protocol 'smtp'; use one of ping, resp, http, echo",
        Assert.Throws<FormatException>(() => LoadWire.Parse("smtp")).Message);

    private static int Match(string wire, string received) =>
        LoadWire.Parse(wire).MatchAnswer(7, 12, Encoding.ASCII.GetBytes(received));
}
