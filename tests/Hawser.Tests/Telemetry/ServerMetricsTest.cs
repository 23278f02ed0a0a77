using System.Diagnostics.Metrics;
using System.Net;
using Hawser.EventLoops;
using Hawser.Layers;
using Hawser.Limits;
using Hawser.Models;
using Hawser.Native;
using Hawser.Telemetry;
using Hawser.Tests.Layers;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Telemetry;

public sealed class ServerMetricsTest : IDisposable
{
    private readonly MeterProbe _probe = new();

    public void Dispose() => _probe.Dispose();

    [Theory, Models]
    public async Task Connections_and_their_bytes_are_counted_under_every_model(string model)
    {
        await using TestServer server = Start(model, Handlers.EchoAsync);
        using (RawClient client = await server.ConnectAsync())
        {
            await client.SendAsync("hello");
            await client.ReceiveExactlyAsync(5);

            Assert.Equal(1, _probe.Read("hawser.active_connections"));
            Assert.Equal(5, _probe.Read("hawser.connection.io{network.io.direction=receive}"));
            client.FinishSending();
            await client.ReceiveToEndAsync();
        }
        await server.Observer.NextEndAsync();
        using (RawClient client = await server.ConnectAsync())
        {
            await client.SendAsync("x");
            await client.ReceiveExactlyAsync(1);
            client.Reset();
        }
        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());

        Assert.Equal(2, _probe.Read("hawser.accepted_connections"));
        Assert.Equal(0, _probe.Read("hawser.active_connections"));
        Assert.Equal(6, _probe.Read("hawser.connection.io{network.io.direction=receive}"));
        Assert.Equal(6, _probe.Read("hawser.connection.io{network.io.direction=transmit}"));
        Assert.Equal(1, _probe.Count("hawser.connection.duration"));
        Assert.Equal(1, _probe.Count("hawser.connection.duration{error.type=peer_reset}"));
    }

    [Fact]
    public async Task The_duration_is_by_the_servers_clock_in_seconds()
    {
        var time = new FakeTime();
        var served = new TaskCompletionSource();
        await using TestServer server = Start("threads", connection =>
        {
            served.SetResult();
            return Handlers.DiscardAsync(connection);
        }, options => options with { TimeProvider = time });
        using RawClient client = await server.ConnectAsync();
        await served.Task.Bounded();
        time.Advance(TimeSpan.FromSeconds(7));
        client.FinishSending();
        await server.Observer.NextEndAsync();

        Assert.Equal(7, _probe.Read("hawser.connection.duration"), 3);
    }

    [Theory, Models]
    public async Task The_first_request_of_a_connection_and_every_sixteenth_are_measured_to_the_end_of_the_answer(string model)
    {
        var time = new FakeTime();
        using var begun = new SemaphoreSlim(0);
        await using TestServer server = Start(model, async connection =>
        {
            // A request in two parts: the first begins it.
            while (await connection.TryReadLineAsync(10) is not null)
            {
                begun.Release();
                await connection.TryReadLineAsync(10);
                time.Advance(TimeSpan.FromSeconds(2));
                await connection.WriteAsync("answer\n"u8.ToArray());
            }
        }, options => options with { TimeProvider = time });
        using RawClient client = await server.ConnectAsync();
        for (int request = 0; request < 17; request++)
        {
            await client.SendAsync("one\n");
            Assert.True(await begun.WaitAsync(Patience.Limit));
            time.Advance(TimeSpan.FromSeconds(1));
            await client.SendAsync("two\n");
            await client.ReceiveLineAsync();
        }
        client.FinishSending();
        await server.Observer.NextEndAsync();

        Assert.Equal(2, _probe.Count("hawser.request.duration"));
        Assert.Equal(3 + 3, _probe.Read("hawser.request.duration"), 3);
    }

    [Fact]
    public async Task Connections_that_wait_for_a_thread_of_the_pool_are_queued()
    {
        await using TestServer server = Start("pool", Handlers.EchoAsync, options => options with
        {
            ModelOptions = new ModelOptions { Threads = 1 },
        });
        using RawClient first = await server.ConnectAsync();
        await first.SendAsync("x");
        await first.ReceiveExactlyAsync(1);
        using RawClient second = await server.ConnectAsync();
        await Patience.UntilAsync(() => server.Server.Connections == 2);

        Assert.Equal(1, _probe.Read("hawser.queued_connections"));
        Assert.Equal(1, _probe.Read("hawser.active_connections"));
        first.Dispose();
        await second.SendAsync("x");
        await second.ReceiveExactlyAsync(1);
        Assert.Equal(0, _probe.Read("hawser.queued_connections"));
    }

    [Fact]
    public async Task Connections_in_the_kernels_queue_are_the_backlog()
    {
        Assert.SkipUnless(Platform.IsLinux, "elsewhere the queue cannot be counted");
        await using TestServer server = Start("sequential", Handlers.EchoAsync);
        using RawClient first = await server.ConnectAsync();
        await first.SendAsync("x");
        await first.ReceiveExactlyAsync(1);
        Assert.Equal(0, _probe.Read("hawser.backlog_connections"));
        using RawClient second = await server.ConnectAsync();
        using RawClient third = await server.ConnectAsync();

        await Patience.UntilAsync(() => _probe.Read("hawser.backlog_connections") > 1);
        Assert.Equal(2, _probe.Read("hawser.backlog_connections"));
    }

    [Theory]
    [InlineData(RefusalReason.Denied)]
    [InlineData(RefusalReason.NotAllowed)]
    [InlineData(RefusalReason.ConnectionsPerAddress)]
    [InlineData(RefusalReason.AcceptRate)]
    public async Task A_refused_connection_counts_with_its_reason(RefusalReason reason)
    {
        ServerLimits limits = reason switch
        {
            RefusalReason.Denied => TestServer.Limits with { Deny = AddressList.Parse("127.0.0.2") },
            RefusalReason.NotAllowed => TestServer.Limits with { Allow = AddressList.Parse("127.0.0.1") },
            RefusalReason.ConnectionsPerAddress => TestServer.Limits with { ConnectionsPerAddress = 1 },
            _ => TestServer.Limits with { AcceptRate = 1 },
        };
        await using TestServer server = Start(
            "threads", Handlers.EchoAsync, options => options with { Limits = limits, TimeProvider = new FakeTime() });
        IPAddress two = IPAddress.Parse("127.0.0.2");
        var clients = new List<RawClient>();
        for (int i = 0; i < 2; i++)
        {
            // A refusal may be faster than the end of the connect.
            await Record.ExceptionAsync(
                async () => clients.Add(await RawClient.ConnectAsync(server.EndPoint, from: two)));
        }
        await Patience.UntilAsync(() => server.Observer.Refusals.Count > 0);

        string name = reason switch
        {
            RefusalReason.Denied => "denied",
            RefusalReason.NotAllowed => "not_allowed",
            RefusalReason.ConnectionsPerAddress => "connections_per_address",
            _ => "accept_rate",
        };
        Assert.InRange(_probe.Read($"hawser.refused_connections{{error.type={name}}}"), 1, 2);
        Assert.Equal(0, _probe.Read("hawser.refused_connections{error.type=exhausted}"));
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task A_server_without_threads_counts_an_episode_and_what_it_sheds()
    {
        var model = new ConcurrencyModel("no threads", "", options => new ThreadlessModel());
        await using TestServer server = TestServer.Start(
            model, new LambdaHandler(Handlers.EchoAsync), options => options with { Meter = _probe.Meter });
        // The reset may be faster than the end of the connect.
        await Record.ExceptionAsync(async () => (await server.ConnectAsync()).Dispose());
        await Patience.UntilAsync(() => server.Observer.Exhaustions.Count > 0);

        Assert.Equal(1, _probe.Read("hawser.refused_connections{error.type=exhausted}"));
        Assert.Equal(1, _probe.Read("hawser.shed.episodes"));
    }

    [Fact]
    public async Task A_handshake_is_measured_with_its_version_or_its_error()
    {
        await using TestServer server = Start("threads", Handlers.EchoAsync, options => options with
        {
            Layers = [TlsLayer.Server(_ => TestCertificate.Server, Patience.Limit)],
        });
        using (RawClient client = await RawClient.ConnectAsync(server.EndPoint, aboveTls: true))
        {
            await client.SendAsync("x");
            await client.ReceiveExactlyAsync(1);
            client.FinishSending();
            await client.ReceiveToEndAsync();
        }
        await server.Observer.NextEndAsync();
        using (RawClient client = await RawClient.ConnectAsync(server.EndPoint))
        {
            await client.SendAsync("this is no TLS at all");
            await server.Observer.NextEndAsync();
        }

        Assert.Equal(1, _probe.Count("hawser.tls_handshake.duration{tls.protocol.version=1.3}"));
        Assert.Equal(1, _probe.Count("hawser.tls_handshake.duration{error.type=protocol_error}"));
        Assert.Equal(0, _probe.Read("hawser.active_tls_handshakes"));
        Assert.Equal(1, _probe.Read("hawser.connection.io{network.io.direction=receive}"));
        Assert.Equal(1, _probe.Read("hawser.connection.io{network.io.direction=transmit}"));
    }

    [Theory, Models]
    public async Task A_listener_that_throws_harms_no_connection(string model)
    {
        using var meter = new Meter("Hawser");
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter == meter)
                own.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>(
            static (instrument, _, _, _) => throw new InvalidOperationException(instrument.Name));
        listener.Start();
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync, options => options with
        {
            Meter = meter,
            Limits = options.Limits with { Connections = 1 },
        });
        // Without its place, the second would wait.
        for (int i = 0; i < 2; i++)
        {
            using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
            await client.SendAsync("x");
            client.FinishSending();
            Assert.Equal("x"u8.ToArray(), await client.ReceiveToEndAsync());
        }
        await server.Observer.NextReasonAsync();
        await server.Observer.NextReasonAsync();

        string[] thrown = [.. server.Observer.Faults.Select(fault => fault.Message).Distinct()];
        Assert.Contains("hawser.connection.duration", thrown);
        Assert.Contains("hawser.request.duration", thrown);
        Assert.Equal(model is "select" or "epoll", thrown.Contains("hawser.loop.turn.duration"));
    }

    [Fact]
    public void A_connection_allocates_nothing_while_there_are_no_listeners()
    {
        using var unheard = new MeterProbe(listens: false);
        var options = new ServerOptions
        {
            EndPoints = [],
            Model = ConcurrencyModels.Get("threads"),
            Meter = unheard.Meter,
        };
        var tally = new ServerTally([]);
        using var metrics = new ServerMetrics(options, null, () => 0, tally, _ => { });
        var loop = new EventLoop("unheard", new SelectPoller());
        metrics.AddLoops([loop], (_, _) => { });
        AddressGate gate = AddressGate.For(
            new ServerLimits { AllowUsers = new HashSet<uint>() }, TimeProvider.System)!;
        Transports.Transport transport = Transports.MemoryTransport.CreatePair().Server;
        using var connection = new Connection(transport);
        long allocated = -1;
        for (int round = 0; round < 2; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1_000; i++)
            {
                long begun = metrics.Begin();
                metrics.EndHandshake(metrics.BeginHandshake(), null, null);
                metrics.RecordDuration(CloseReason.PeerReset, begun);
                tally.Enter();
                tally.LeaveQueue();
                tally.AddEnded(connection);
                loop.Time.EndWait();
                loop.Time.Ran();
                loop.Time.BeginWait();
                Assert.NotNull(gate.TryEnter(transport, out _));
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
        Assert.Equal(0, loop.Time.Active);
        loop.End();
    }

    [Fact]
    public async Task A_server_has_a_meter_of_its_own_that_names_its_address()
    {
        var seen = new TaskCompletionSource<Meter>();
        var gone = new TaskCompletionSource();
        int port = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument is { Name: "hawser.active_connections", Meter.Tags: { } tags }
                && tags.Contains(new("server.port", Volatile.Read(ref port))))
            {
                own.EnableMeasurementEvents(instrument);
                seen.TrySetResult(instrument.Meter);
            }
        };
        listener.MeasurementsCompleted = (_, _) => gone.TrySetResult();
        await using (TestServer server = TestServer.Start("async", Handlers.EchoAsync))
        {
            Volatile.Write(ref port, ((IPEndPoint)server.EndPoint).Port);
            listener.Start();
            Meter meter = await seen.Task.Bounded();
            Assert.Equal("Hawser", meter.Name);
            Assert.Contains(new("server.address", "127.0.0.1"), meter.Tags!);
        }
        await gone.Task.Bounded();
    }

    private TestServer Start(
        string model, Func<Connection, Task> handle, Func<ServerOptions, ServerOptions>? with = null) =>
        TestServer.Start(model, handle, options => (with is null ? options : with(options)) with
        {
            Meter = _probe.Meter,
        });

    /// <summary>Has no thread for any connection.</summary>
    private sealed class ThreadlessModel : IConcurrencyModel
    {
        private readonly IConcurrencyModel _threads = ConcurrencyModels.Get("threads").Create();

        public Task RunAsync(Func<Task> life) => _threads.RunAsync(life);

        public ValueTask<Transports.Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
            _threads.AcceptAsync(listeners, stopping);

        public ValueTask AdmitAsync(Transports.Transport accepted, Func<Task> serve) => throw new NoThreadLeftException();
    }
}
