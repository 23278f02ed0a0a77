using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Hawser.Layers;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Layers;

/// <summary>What TLS promises about the ends of a stream, and what a hostile peer cannot do.</summary>
public sealed class TlsLayerTest
{
    [Theory, Models]
    public async Task Close_notify_ends_a_message_and_the_answer_still_arrives(string model)
    {
        foreach (SslProtocols protocol in (SslProtocols[])[SslProtocols.Tls12, SslProtocols.Tls13])
        {
            byte[] message = RandomNumberGenerator.GetBytes(100_000);
            TlsSession? session = null;
            await using TestServer server = Start(model, async connection =>
            {
                session = connection.Features.Get<TlsSession>();
                byte[] all = await ReadToEndAsync(connection);
                await connection.WriteAsync(all);
            });
            using TlsPeer peer = await TlsPeer.ConnectAsync(server.EndPoint, protocol);
            await peer.SendAsync(message);

            await peer.SendCloseNotifyAsync();

            Assert.Equal(message, await peer.ReceiveToEndAsync());
            Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
            Assert.Equal(protocol, session!.Protocol);
            Assert.Equal(TestCertificate.Client.TargetHost, session.ServerName);
        }
    }

    [Theory, Models]
    public async Task An_end_without_close_notify_is_a_truncation(string model)
    {
        var error = new TaskCompletionSource<ConnectionClosedException>();
        var received = new MemoryStream();
        await using TestServer server = Start(model, async connection =>
        {
            try
            {
                while (await connection.ReadAsync() is { IsEmpty: false } bytes)
                    received.Write(bytes.Span);
            }
            catch (ConnectionClosedException e)
            {
                error.SetResult(e);
                throw;
            }
        });
        using TlsPeer peer = await TlsPeer.ConnectAsync(server.EndPoint);
        await peer.SendAsync("a part"u8.ToArray());

        peer.Truncate();

        Assert.Equal(CloseReason.Truncated, (await error.Task.Bounded()).Reason);
        Assert.Equal("a part"u8.ToArray(), received.ToArray());
        Assert.Equal(CloseReason.Truncated, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task An_end_within_a_record_is_a_truncation(string model)
    {
        await using TestServer server = Start(model, Handlers.DiscardAsync);
        using TlsPeer peer = await TlsPeer.ConnectAsync(server.EndPoint);

        await peer.SendRawAsync(new byte[] { 23, 3, 3, 0, 100, 1, 2, 3 });
        peer.Truncate();

        Assert.Equal(CloseReason.Truncated, await server.Observer.NextReasonAsync());
    }

    [Fact]
    public async Task A_client_recognises_a_truncated_answer()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Task<Connection> connecting = Dialer.ConnectAsync(
            listener.LocalEndPoint!, new DialOptions { Layers = [TlsLayer.Client(TestCertificate.Client)] });
        using Socket accepted = await listener.AcceptAsync().Bounded();
        using var tls = new SslStream(new NetworkStream(accepted));
        await tls.AuthenticateAsServerAsync(TestCertificate.Server).Bounded();
        await using Connection client = await connecting.Bounded();
        await tls.WriteAsync("half an answer"u8.ToArray()).AsTask().Bounded();

        accepted.Shutdown(SocketShutdown.Send);

        ConnectionClosedException error = await Assert.ThrowsAsync<ConnectionClosedException>(
            () => ReadToEndAsync(client).Bounded());
        Assert.Equal(CloseReason.Truncated, error.Reason);
    }

    [Theory, Models]
    public async Task A_hostile_record_ends_only_its_own_connection(string model)
    {
        await using TestServer server = Start(model, Handlers.EchoLinesAsync);
        byte[] wrongMac = [23, 3, 3, 0, 40, .. new byte[40]];
        byte[] oversized = [23, 3, 3, 0xff, 0xff];
        byte[] unknownType = [99, 3, 3, 0, 1, 0];
        byte[] sslVersion2 = [0x80, 0x2e, 1, 0, 2];
        byte[] empty = [22, 3, 3, 0, 0];
        byte[] plain = "ping 0 1\n"u8.ToArray();
        foreach (byte[] record in (byte[][])[wrongMac, oversized, unknownType, sslVersion2, empty, plain])
        {
            using TlsPeer peer = await TlsPeer.ConnectAsync(server.EndPoint);
            await peer.SendAsync("fine\n"u8.ToArray());
            await peer.Stream.ReadExactlyAsync(new byte[5]).AsTask().Bounded();
            await peer.SendRawAsync(record);
            peer.Truncate();
            Assert.Equal(CloseReason.ProtocolError, await server.Observer.NextReasonAsync());
        }
        await AssertServesAsync(server);
    }

    [Theory, Models]
    public async Task A_handshake_that_breaks_off_ends_only_its_own_connection(string model)
    {
        await using TestServer server = Start(model, Handlers.EchoLinesAsync);
        byte[] oversized = [22, 3, 1, 0xff, 0xff];
        byte[] half = [22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
        byte[] noHello = [22, 3, 1, 0, 5, 9, 9, 9, 9, 9];
        byte[] dataFirst = [23, 3, 3, 0, 5, 1, 2, 3, 4, 5];
        byte[] empty = [22, 3, 1, 0, 0];
        foreach (byte[] beginning in (byte[][])[oversized, half, noHello, dataFirst, empty])
        {
            using RawClient client = await PlainClient(server);
            await client.SendAsync(beginning);
            client.FinishSending();
            Assert.Equal(CloseReason.ProtocolError, await server.Observer.NextReasonAsync());
        }
        using (RawClient client = await PlainClient(server))
        {
            await client.SendAsync(half);
            await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Count == 6);
            client.Reset();
        }
        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
        await AssertServesAsync(server);
    }

    /// <summary>SslStream continues on the thread pool, which their waits must not occupy.</summary>
    [Theory, Models(ModelKind.Concurrent)]
    public async Task Handshakes_that_stop_half_way_hold_up_no_other(string model)
    {
        const int Silent = 100;
        await using TestServer server = TestServer.Start(model, Handlers.EchoLinesAsync, options => options with
        {
            Layers = [TlsLayer.Server(_ => TestCertificate.Server)],
            ModelOptions = new() { Threads = 2 * Silent },
            Limits = TestServer.Limits with { DrainTimeout = TimeSpan.Zero },
            TimeProvider = new FakeTime(),
        });
        byte[] hello = await ClientHelloAsync();
        List<RawClient> silent = [];
        for (int i = 0; i < Silent; i++)
        {
            silent.Add(await PlainClient(server));
            await silent[i].SendAsync(hello);
        }
        foreach (RawClient client in silent)
            Assert.Equal(22, (await client.ReceiveExactlyAsync(1))[0]);

        await AssertServesAsync(server);
        silent.ForEach(client => client.Dispose());
    }

    [Theory, Models]
    public async Task The_handshake_has_a_time_limit_of_its_own(string model)
    {
        var time = new FakeTime();
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync, options => options with
        {
            Layers = [TlsLayer.Server(_ => TestCertificate.Server)],
            TimeProvider = time,
        });
        using RawClient silent = await PlainClient(server);
        await Patience.UntilAsync(() => time.Pending.Contains(TlsLayer.DefaultHandshakeTimeout));

        time.Advance(TlsLayer.DefaultHandshakeTimeout);

        Assert.True(await silent.EndsByResetAsync());
        Assert.Equal(CloseReason.FirstByteTimeout, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task A_wrong_ALPN_protocol_is_refused_and_a_missing_one_accepted(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.WriteAsync(System.Text.Encoding.ASCII.GetBytes(
                connection.Features.Get<TlsSession>()!.Application + "."));
        }, options => options with
        {
            Layers = [TlsLayer.Server(_ => TestCertificate.With("hawser/ping"))],
        });

        await Assert.ThrowsAsync<AuthenticationException>(
            () => TlsPeer.ConnectAsync(server.EndPoint, application: "hawser/upload"));
        using (TlsPeer right = await TlsPeer.ConnectAsync(server.EndPoint, application: "hawser/ping"))
            Assert.Equal("hawser/ping."u8.ToArray(), await right.ReceiveToEndAsync());
        using TlsPeer none = await TlsPeer.ConnectAsync(server.EndPoint);
        Assert.Equal("."u8.ToArray(), await none.ReceiveToEndAsync());
    }

    [Fact]
    public async Task A_client_says_why_a_handshake_failed()
    {
        await using TestServer server = TestServer.Start(
            "threads", async connection => await connection.WriteAsync("220 mail.example.org\r\n"u8.ToArray()),
            options => options with { Layers = [] });

        ConnectException error = await Assert.ThrowsAsync<ConnectException>(() => Dialer.ConnectAsync(
            server.EndPoint, new DialOptions { Layers = [TlsLayer.Client(TestCertificate.Client)] }));

        Assert.Equal($"{server.EndPoint}: not TLS: the bytes 0x3232 do not begin a record", error.Message);
    }

    private static TestServer Start(string model, Func<Connection, Task> handle) =>
        TestServer.Start(model, handle, options => options with
        {
            Layers = [TlsLayer.Server(_ => TestCertificate.Server)],
        });

    /// <summary>Without TLS, in every variant.</summary>
    private static Task<RawClient> PlainClient(TestServer server) => RawClient.ConnectAsync(server.EndPoint);

    private static async Task AssertServesAsync(TestServer server)
    {
        using TlsPeer polite = await TlsPeer.ConnectAsync(server.EndPoint);
        await polite.SendAsync("hello\n"u8.ToArray());
        byte[] answer = new byte[6];
        await polite.Stream.ReadExactlyAsync(answer).AsTask().Bounded();
        Assert.Equal("hello\n"u8.ToArray(), answer);
        Assert.Empty(server.Observer.Faults);
    }

    private static async Task<byte[]> ReadToEndAsync(Connection connection)
    {
        using var all = new MemoryStream();
        while (await connection.ReadAsync() is { IsEmpty: false } bytes)
            all.Write(bytes.Span);
        return all.ToArray();
    }

    private static async Task<byte[]> ClientHelloAsync()
    {
        using var sent = new MemoryStream();
        using var tls = new SslStream(sent);
        await Assert.ThrowsAnyAsync<IOException>(() => tls.AuthenticateAsClientAsync(TestCertificate.Client));
        return sent.ToArray();
    }
}
