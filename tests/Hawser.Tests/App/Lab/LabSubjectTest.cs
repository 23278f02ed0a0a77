using Hawser.App.Lab;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LabSubjectTest
{
    [Theory]
    [InlineData("c=127.0.0.1:7000", "127.0.0.1:7000", null)]
    [InlineData("c=unix:/run/c", "unix:/run/c", null)]
    [InlineData("c=ping:host:1", "host:1", null)]
    [InlineData("c=resp:127.0.0.1:6379", "127.0.0.1:6379", "resp")]
    [InlineData("c=http:[::1]:80", "[::1]:80", "http")]
    [InlineData("c=echo:7", "echo:7", null)]
    public void An_address_may_have_a_protocol_prefix(string text, string address, string? wire) =>
        Assert.Equal(new LabSubject("c", null, address, null, wire), LabSubject.Parse(text));

    [Theory]
    [InlineData("c=build/c {port}", "build/c {port}", null)]
    [InlineData("c=resp:redis-server --port {port}", "redis-server --port {port}", "resp")]
    [InlineData("c=a=b:{port}", "a=b:{port}", null)]
    public void A_command_contains_a_port_placeholder(string text, string command, string? wire) =>
        Assert.Equal(new LabSubject("c", null, null, command, wire), LabSubject.Parse(text));

    [Fact]
    public void The_port_is_put_into_every_word() => Assert.Equal(
        ["sh", "-c", "serve 5 && echo 5", "5"],
        LabSubject.Parse("c=sh -c 'serve {port} && echo {port}' {port}").CommandAt(5));
}
