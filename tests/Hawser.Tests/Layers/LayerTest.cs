using System.Net;
using Hawser.Layers;
using Hawser.Limits;
using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

using Layer = System.Func<
    Hawser.Transports.Transport, System.Threading.CancellationToken,
    System.Threading.Tasks.ValueTask<Hawser.Transports.Transport>>;

namespace Hawser.Tests.Layers;

/// <summary>TLS (T), the PROXY protocol (P) and shaping (S) over one another, in any order, under every model.</summary>
public sealed class LayerTest
{
    private const int Pieces = 400;
    private const int PieceBytes = 50_000;

    private static readonly string[] Orders = ["TPS", "TSP", "PTS", "PST", "STP", "SPT"];

    public static TheoryData<string, string> OrdersUnderModels()
    {
        var data = new TheoryData<string, string>();
        foreach (ConcurrencyModel model in ConcurrencyModels.All.Where(model => model.IsAvailable))
        {
            foreach (string order in Orders)
                data.Add(model.Name, order);
        }
        return data;
    }

    [Theory, MemberData(nameof(OrdersUnderModels))]
    public async Task Bytes_pass_in_both_directions_to_their_ends(string model, string order)
    {
        byte[] content = new byte[100_000];
        new Random(1).NextBytes(content);
        EndPoint? peer = null;
        await using TestServer server = Start(model, order, async connection =>
        {
            peer = connection.RemoteEndPoint;
            Assert.NotNull(connection.Features.Get<ProxySource>());
            await Handlers.EchoAsync(connection);
        });
        using Connection client = await ConnectAsync(server, order);

        Task<byte[]> echoed = ReadToEndAsync(client);
        await client.WriteAsync(content);
        await client.FinishWritingAsync();

        Assert.Equal(content, await echoed.Bounded());
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.Equal(new IPEndPoint(IPAddress.Parse("192.0.2.7"), 5000), peer);
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task A_stop_truncates_no_message(string model)
    {
        await using TestServer server = Start(model, "STP", Handlers.EchoLinesAsync);
        using Connection client = await ConnectAsync(server, "STP");
        await client.WriteAsync("first\n"u8.ToArray());
        Assert.Equal("first", await ReadLineAsync(client));
        await client.WriteAsync("sec"u8.ToArray());
        Connection connection = server.Observer.AcceptedOnes.Single();
        await Patience.UntilAsync(() => connection.BytesReceived == 9 && connection.IsReceiving);

        Task<DrainReport> stop = server.Server.StopAsync();
        await client.WriteAsync("ond\n"u8.ToArray());

        Assert.Equal("second", await ReadLineAsync(client));
        Assert.Null(await ReadLineAsync(client));
        await client.FinishWritingAsync();
        Assert.Equal(new DrainReport(1, 0, 0), await stop.Bounded());
    }

    [Theory, Models]
    public async Task A_wait_that_ended_early_loses_no_byte(string model)
    {
        await using TestServer server = Start(model, "TPS", async connection =>
        {
            for (int i = 0; i < 3; i++)
            {
                Deadline soon = Deadline.After(TimeSpan.FromMilliseconds(5));
                Assert.Equal(InputState.TimedOut, await connection.WaitForInputAsync(soon));
            }
            using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(5));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                async () => await connection.ReadAsync(cancelled.Token));
            await connection.WriteAsync("now\n"u8.ToArray());
            await Handlers.EchoLinesAsync(connection);
        });
        using Connection client = await ConnectAsync(server, "TPS");

        Assert.Equal("now", await ReadLineAsync(client));
        await client.WriteAsync("still here\n"u8.ToArray());
        Assert.Equal("still here", await ReadLineAsync(client));
        await client.FinishWritingAsync();
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task A_cancelled_write_leaves_no_partial_record(string model)
    {
        // More than the kernel takes of a peer that does not read.
        byte[] much = new byte[64 * 1024 * 1024];
        using var cancel = new CancellationTokenSource();
        var cancelled = new TaskCompletionSource<long>();
        await using TestServer server = Start(model, "TP", async connection =>
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                async () => await connection.WriteAsync(much, cancel.Token));
            cancelled.SetResult(connection.BytesSent);
            await connection.WriteAsync("the end"u8.ToArray());
        });
        using Connection client = await ConnectAsync(server, "TP");
        await Patience.UntilAsync(
            () => server.Observer.AcceptedOnes.Single() is { LayeringSince: 0, IsSending: true, BytesSent: > 0 });
        await cancel.CancelAsync();

        long sent = await cancelled.Task.Bounded();
        byte[] received = await ReadToEndAsync(client).Bounded();
        Assert.InRange(sent, 1, much.Length - 1);
        Assert.Equal(sent + 7, received.Length);
        Assert.Equal("the end"u8.ToArray(), received[^7..]);
    }

    /// <summary>Otherwise the stop would take the whole drain timeout.</summary>
    [Theory, Models]
    public async Task A_stop_does_not_wait_for_a_handshake_that_has_not_begun(string model)
    {
        await using TestServer server = Start(model, "T", Handlers.EchoAsync, options => options with
        {
            Limits = TestServer.Limits with { DrainTimeout = Timeout.InfiniteTimeSpan },
        });
        using RawClient silent = await server.ConnectAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Any(connection => connection.LayeringSince != 0));

        Assert.Equal(new DrainReport(1, 0, 0), await server.Server.StopAsync().Bounded());
        Assert.Empty(await silent.ReceiveToEndAsync());
    }

    /// <summary>The stop interrupts the last record of a file, and the peer has half-closed.</summary>
    [Theory, Models]
    public async Task A_stop_truncates_no_file(string model)
    {
        using var folder = new TemporaryFolder();
        // More than the kernel takes of a peer that does not read.
        byte[] content = new byte[30_000_000];
        new Random(2).NextBytes(content);
        string path = folder.Write("file", content);
        await using TestServer server = Start(model, "TP", async connection =>
        {
            await Handlers.DiscardAsync(connection);
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path);
            await connection.SendFileAsync(file, 0, content.Length);
        });
        using Connection client = await ConnectAsync(server, "TP");
        await client.FinishWritingAsync();
        await Patience.UntilAsync(() => server.Observer.AcceptedOnes.Single().IsSending);

        Task<DrainReport> stop = server.Server.StopAsync();

        Assert.Equal(content, await ReadToEndAsync(client).Bounded());
        client.Dispose();
        Assert.Equal(new DrainReport(1, 0, 0), await stop.Bounded());
    }

    [Theory, Models]
    public async Task Both_directions_of_a_conversation_run_at_once(string model)
    {
        await using TestServer server = Start(model, "TPS", connection => connection.DuplexAsync(
            async cancel =>
            {
                while (!(await connection.ReadAsync(cancel)).IsEmpty)
                {
                }
            },
            async _ =>
            {
                for (int i = 0; i < Pieces; i++)
                    await connection.WriteAsync(new byte[PieceBytes]);
                await connection.FinishWritingAsync();
            }));
        using Connection client = await ConnectAsync(server, "TPS");

        // The client reads only when it has sent all, which is more than the ways hold.
        for (int i = 0; i < Pieces; i++)
            await client.WriteAsync(new byte[PieceBytes]).AsTask().Bounded();
        await client.FinishWritingAsync();

        Assert.Equal(Pieces * PieceBytes, (await ReadToEndAsync(client).Bounded()).Length);
        await server.Observer.NextReasonAsync();
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task Silence_above_the_layers_times_out(string model)
    {
        await using TestServer server = Start(model, "STP", Handlers.EchoAsync, options => options with
        {
            // The handshake has to be over by then.
            Limits = TestServer.Limits with { FirstByteTimeout = TimeSpan.FromSeconds(1.5) },
        });
        using Connection client = await ConnectAsync(server, "STP");

        Assert.Empty(await ReadToEndAsync(client).Bounded());
        await client.FinishWritingAsync();
        Assert.Equal(CloseReason.FirstByteTimeout, await server.Observer.NextReasonAsync());
    }

    /// <summary>A byte from time to time does not extend the time that a handshake has.</summary>
    [Theory, Models]
    public async Task The_first_byte_timeout_bounds_the_whole_handshake(string model)
    {
        await using TestServer server = Start(model, "T", Handlers.EchoAsync, options => options with
        {
            Limits = TestServer.Limits with
            {
                FirstByteTimeout = TimeSpan.FromMilliseconds(300),
                LingerTimeout = TimeSpan.FromMilliseconds(100),
            },
        });
        using RawClient client = await server.ConnectAsync();

        Task<CloseReason> reason = server.Observer.NextReasonAsync();
        // A record of 16,384 bytes is announced, and never whole.
        await client.SendAsync(new byte[] { 22, 3, 1, 64, 0 });
        while (!reason.IsCompleted)
        {
            await Record.ExceptionAsync(() => client.SendAsync(new byte[1]));
            await Task.WhenAny(reason, Task.Delay(20, TestContext.Current.CancellationToken));
        }

        Assert.Equal(CloseReason.FirstByteTimeout, await reason);
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task A_failed_handshake_ends_only_its_own_connection(string model)
    {
        await using TestServer server = Start(model, "PT", Handlers.EchoLinesAsync);
        foreach (string wrong in (string[])["GET / HTTP/1.1\r\n", "PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\nnot TLS\r\n"])
        {
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync(wrong);
            client.FinishSending();
            Assert.Equal(CloseReason.ProtocolError, await server.Observer.NextReasonAsync());
        }
        using (RawClient gone = await server.ConnectAsync())
        {
            await gone.SendAsync("PROXY TCP4 192.0");
            gone.Reset();
        }
        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());

        using Connection polite = await ConnectAsync(server, "PT");
        await polite.WriteAsync("fine\n"u8.ToArray());
        Assert.Equal("fine", await ReadLineAsync(polite));
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task A_reset_passes_through(string model)
    {
        await using TestServer server = Start(model, "TSP", Handlers.EchoAsync);
        using Connection client = await ConnectAsync(server, "TSP");
        await client.WriteAsync("x"u8.ToArray());
        await client.ReadAsync();

        client.Abort();

        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task A_layer_that_throws_is_a_fault_of_its_connection(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync, options => options with
        {
            Layers = [(_, _) => throw new InvalidDataException("broken layer")],
        });
        // The reset may come before the client knows that it is connected.
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(async () =>
        {
            using RawClient client = await server.ConnectAsync();
            await client.ReceiveToEndAsync();
        });
        Assert.Equal(CloseReason.HandlerFault, await server.Observer.NextReasonAsync());
        Assert.IsType<InvalidDataException>(Assert.Single(server.Observer.Faults));
    }

    private static TestServer Start(
        string model, string order, Func<Connection, Task> handle, Func<ServerOptions, ServerOptions>? with = null) =>
        TestServer.Start(model, handle, options =>
            (with is null ? options : with(options)) with { Layers = [.. order.Select(ServerLayer)] });

    private static async Task<Connection> ConnectAsync(TestServer server, string order) =>
        await Dialer.ConnectAsync(server.EndPoint, new DialOptions { Layers = [.. order.Select(ClientLayer)] }).Bounded();

    private static Layer ServerLayer(char name) => name switch
    {
        'T' => TlsLayer.Server(_ => TestCertificate.Server),
        'P' => ProxyLayer.Server(AddressList.Parse("127.0.0.0/8")),
        _ => ShapingTransport.Layer(pieceBytes: 1_000, bytesPerPause: 50_000),
    };

    private static Layer ClientLayer(char name) => name switch
    {
        'T' => TlsLayer.Client(TestCertificate.Client),
        'P' => ProxyLayer.Client(IPEndPoint.Parse("192.0.2.7:5000"), IPEndPoint.Parse("192.0.2.1:80"), version: 1),
        _ => ShapingTransport.Layer(pieceBytes: 700, bytesPerPause: 50_000),
    };

    private static async Task<byte[]> ReadToEndAsync(Connection connection)
    {
        using var all = new MemoryStream();
        while (await connection.ReadAsync() is { IsEmpty: false } bytes)
            all.Write(bytes.Span);
        return all.ToArray();
    }

    private static async Task<string?> ReadLineAsync(Connection connection) =>
        await connection.TryReadLineAsync(100).AsTask().Bounded() is { } line
            ? System.Text.Encoding.ASCII.GetString(line.Span)
            : null;
}
