using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using Hawser.Layers;
using Hawser.Limits;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Samples;

/// <summary>The reverse proxy, as a program before a server that trusts it.</summary>
public sealed class ProxyTest
{
    [Theory, Models(ModelKind.Concurrent)]
    public async Task The_server_learns_the_clients_address_and_both_directions_are_whole(string model)
    {
        await using TestServer server = StartServer(async connection =>
        {
            await connection.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{connection.RemoteEndPoint}\n"));
            await Handlers.EchoAsync(connection);
        });
        await using ProgramProcess proxy = Start(model, $"{server.EndPoint}");
        using RawClient client = await RawClient.ConnectAsync(await proxy.ListeningAsync());
        byte[] sent = RandomNumberGenerator.GetBytes(3_000_000);

        Assert.Equal($"{client.LocalEndPoint}", await client.ReceiveLineAsync());
        Task<byte[]> echo = client.ReceiveToEndAsync();
        await client.SendAsync(sent);
        client.FinishSending();

        Assert.Equal(sent, await echo.Bounded());
    }

    [Fact]
    public async Task A_reset_of_either_side_reaches_the_other()
    {
        var ended = new TaskCompletionSource<CloseReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = StartServer(async connection =>
        {
            await connection.WriteAsync("x"u8.ToArray());
            if (connection.Id > 1)
                throw new InvalidOperationException("on purpose");
            ConnectionClosedException closed = await Assert.ThrowsAsync<ConnectionClosedException>(
                () => connection.ReadAsync().AsTask());
            ended.SetResult(closed.Reason);
        });
        await using ProgramProcess proxy = Start("epoll", $"{server.EndPoint}");
        IPEndPoint where = await proxy.ListeningAsync();
        RawClient resets = await RawClient.ConnectAsync(where);
        await resets.ReceiveExactlyAsync(1);
        resets.Reset();

        Assert.Equal(CloseReason.PeerReset, await ended.Task.Bounded());

        using RawClient isReset = await RawClient.ConnectAsync(where);
        Assert.True(await isReset.EndsByResetAsync());
    }

    [Fact]
    public async Task It_ends_tls_and_resets_clients_while_the_server_is_away()
    {
        using var folder = new TemporaryFolder();
        (string certificate, string key) = WorkerTest.WriteCertificate(folder);
        TestServer server = StartServer(Handlers.EchoAsync);
        await using ProgramProcess proxy = Start("epoll", $"{server.EndPoint}", certificate, key);
        IPEndPoint where = await proxy.ListeningAsync();
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.Subject == "CN=localhost",
        };
        await using (server)
        {
            await using Connection client = await Dialer.ConnectAsync(
                where, new DialOptions { Layers = [TlsLayer.Client(tls)] }).Bounded();
            await client.WriteAsync("hello"u8.ToArray());
            await client.FinishWritingAsync();
            byte[] echo = new byte[5];
            Assert.True(await client.TryReadExactlyAsync(echo).AsTask().Bounded());
            Assert.Equal("hello"u8.ToArray(), echo);
            Assert.True((await client.ReadAsync().AsTask().Bounded()).IsEmpty);
        }

        await using Connection late = await Dialer.ConnectAsync(
            where, new DialOptions { Layers = [TlsLayer.Client(tls)] }).Bounded();
        await Assert.ThrowsAsync<ConnectionClosedException>(() => late.ReadAsync().AsTask().Bounded());
        await proxy.Errors.LineWithAsync("connection 2: ");
    }

    private static TestServer StartServer(Func<Connection, Task> handle) => TestServer.Start(
        "async", handle, options => options with { Layers = [ProxyLayer.Server(AddressList.Parse("127.0.0.0/8"))] });

    private static ProgramProcess Start(string model, params string[] arguments) => ProgramProcess.StartForeign(
        "dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "Proxy.dll"), model, "0", .. arguments]);
}
