using System.Net;
using System.Net.Sockets;
using System.Text;
using Hawser.Hosting;
using Hawser.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hawser.Tests.Hosting;

/// <summary>Servers in a generic host.</summary>
public sealed class HostedServerTest
{
    private const string Any = "127.0.0.1:0";

    [Theory, Models]
    public async Task Each_connection_has_a_handler_with_its_own_scope(string model)
    {
        var seen = new Seen();
        await using TestHost host = await TestHost.StartAsync(
            services =>
            {
                services.AddSingleton(seen).AddScoped<Scoped>();
                services.AddHawserServer("greet", options =>
                {
                    options.Model = model;
                    options.Listen(Any);
                }).UseHandler<GreetHandler>();
            });

        for (int n = 1; n <= 2; n++)
        {
            using RawClient client = await host.ConnectAsync("greet");
            Assert.Equal($"scope {n}", await client.ReceiveLineAsync());
            Assert.Empty(await client.ReceiveToEndAsync());
        }

        await Patience.UntilAsync(() => seen.Disposed == 2);
        Assert.Equal(2, seen.Made);
    }

    [Fact]
    public async Task A_host_has_several_servers_and_logs_for_each()
    {
        await using TestHost host = await TestHost.StartAsync(services =>
        {
            services.AddSingleton<Seen>().AddScoped<Scoped>();
            services.AddHawserServer("greet", options => options.Listen(Any)).UseHandler<GreetHandler>();
            services.AddHawserServer("break", options => options.Listen(Any)).UseHandler<BreakingHandler>();
        });
        using RawClient greeted = await host.ConnectAsync("greet");
        using RawClient broken = await host.ConnectAsync("break");

        Assert.Equal("scope 1", await greeted.ReceiveLineAsync());
        await broken.SendAsync("x");
        Assert.True(await broken.EndsByResetAsync());

        await Patience.UntilAsync(() => host.Log.Entries.Any(entry => entry.Level == LogLevel.Error));
        (string category, _, string text) = host.Log.Entries.Single(entry => entry.Level == LogLevel.Error);
        Assert.Equal("Hawser.break", category);
        Assert.StartsWith("The handler of connection 1 threw", text, StringComparison.Ordinal);
        Assert.Contains("on purpose", text, StringComparison.Ordinal);
        Assert.Contains(
            ("Hawser.greet", LogLevel.Information, $"Listening on {host["greet"].Server.EndPoints[0]}"), host.Log.Entries);
        Assert.Contains(host.Log.Entries, entry => entry is ("Hawser.greet", LogLevel.Debug, _)
            && entry.Text.StartsWith("Connection 1 from 127.0.0.1:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Configuration_overrides_code()
    {
        await using TestHost host = await TestHost.StartAsync(
            services => services
                .AddHawserServer("echo", options =>
                {
                    options.Listen("127.0.0.1:1");
                    options.Model = "no such model";
                    options.Limits = options.Limits with { Connections = 7, IdleTimeout = TimeSpan.FromDays(1) };
                })
                .UseHandler<EchoHandler>().AddHealthCheck("alive"),
            ("Hawser:echo:Listen:0", Any), ("Hawser:echo:Listen:1", "127.0.0.2:0"), ("Hawser:echo:model", "select"),
            ("Hawser:echo:Limits:IdleTimeout", "00:00:03"), ("Hawser:echo:Limits:Deny", "10.0.0.0/8"),
            ("Hawser:echo:Limits:Handshakes", "5"), ("Hawser:echo:Limits:AllowUsers:0", "1000"),
            ("Hawser:echo:Limits:MinimumRate:BytesPerSecond", "10"),
            ("Hawser:echo:Limits:MinimumRate:Grace", "00:00:05"));
        HawserServerOptions options = host.Services
            .GetRequiredService<Microsoft.Extensions.Options.IOptionsMonitor<HawserServerOptions>>().Get("echo");

        Assert.Equal(2, host["echo"].Server.EndPoints.Count);
        Assert.Equal("select", options.Model);
        Assert.Equal(7, options.Limits.Connections);
        Assert.Equal(5, options.Limits.Handshakes);
        Assert.Equal([1000u], options.Limits.AllowUsers!);
        Assert.Equal(TimeSpan.FromSeconds(3), options.Limits.IdleTimeout);
        Assert.True(options.Limits.Deny!.Contains(IPAddress.Parse("10.1.2.3")));
        Assert.Equal(new Hawser.Limits.MinimumRate(10, TimeSpan.FromSeconds(5)), options.Limits.MinimumRate);
    }

    [Theory]
    [InlineData("Listen", "localhost", "Hawser:echo:Listen: 'localhost' is not an address with a port; use 127.0.0.1:7000")]
    [InlineData("Listen", "::1", "Hawser:echo:Listen: '::1' is not an address with a port")]
    [InlineData("Port", "7000", "Hawser:echo:Port: unknown option; use Listen, Model")]
    [InlineData("Threads", "many", "Hawser:echo:Threads: 'many' is not a whole number")]
    [InlineData("Limits:Conections", "7", "Hawser:echo:Limits:Conections: unknown option; use a property of ServerLimits")]
    [InlineData("Limits:IdleTimeout", "30s", "Hawser:echo:Limits:IdleTimeout: '30s' is not a time; use 00:00:30")]
    [InlineData("Limits:IdleTimeout", "30", "Hawser:echo:Limits:IdleTimeout: '30' is not a time; use 00:00:30")]
    [InlineData("Limits", "strict", "Hawser:echo:Limits: 'strict' is not a section")]
    [InlineData("Limits:MinimumRate:Graze", "00:00:01", "Hawser:echo:Limits:MinimumRate:Graze: unknown option; use BytesPerSecond and Grace")]
    [InlineData("Limits:Allow:0", "nowhere", "Hawser:echo:Limits:Allow: ")]
    [InlineData("Limits:MinimumRate:Grace", "00:00:01", "Hawser:echo:Limits:MinimumRate:BytesPerSecond: the value is missing")]
    [InlineData("Model", "epol", "Hawser:echo:Model: unknown model 'epol'; use one of sequential")]
    [InlineData("Listen:0", null, "Hawser:echo:Listen:0: the value is missing")]
    public async Task A_wrong_key_or_value_is_an_error_that_names_it(string key, string? value, string message)
    {
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => TestHost.StartAsync(
            services => services.AddHawserServer("echo", options => options.Listen(Any)).UseHandler<EchoHandler>(),
            ($"Hawser:echo:{key}", value)));

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_needs_a_name_of_its_own_a_handler_and_an_address()
    {
        Assert.Contains("there is a server 'echo' already", Assert.Throws<ArgumentException>(() => TestHost.Build(
            services =>
            {
                services.AddHawserServer("echo");
                services.AddHawserServer("echo");
            })).Message, StringComparison.Ordinal);

        Exception error = await Assert.ThrowsAsync<InvalidOperationException>(() => TestHost.StartAsync(
            services => services.AddHawserServer("echo", options => options.Listen(Any))));
        Assert.Equal("server 'echo' has no handler; call UseHandler", error.Message);

        error = await Assert.ThrowsAsync<InvalidOperationException>(() => TestHost.StartAsync(
            services => services.AddHawserServer("echo").UseHandler<EchoHandler>()));
        Assert.StartsWith(
            "server 'echo' has no address; set Hawser:echo:Listen", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_servers_stop_accepting_at_once_and_conversations_finish()
    {
        TestHost host = await TestHost.StartAsync(services =>
        {
            services.AddHawserServer("one", options => options.Listen(Any)).UseHandler<EchoHandler>();
            services.AddHawserServer("two", options => options.Listen(Any)).UseHandler<EchoHandler>();
        });
        await using (host)
        {
            List<RawClient> clients = [await host.ConnectAsync("one"), await host.ConnectAsync("two")];
            foreach (RawClient client in clients)
                await client.SendAsync("ha");
            await Patience.UntilAsync(
                () => host["one"].Server.Connections + host["two"].Server.Connections == 2);

            Task stop = host.Host.StopAsync();
            foreach (string name in (string[])["one", "two"])
                await Patience.UntilAsync(() => !CanConnect(host[name].Server.EndPoints[0]));
            foreach (RawClient client in clients)
            {
                await client.SendAsync("lf\n");
                Assert.Equal("half", await client.ReceiveLineAsync());
                client.Dispose();
            }

            await stop.Bounded();
        }
    }

    [Fact]
    public async Task The_hosts_shutdown_timeout_aborts_what_is_left()
    {
        await using TestHost host = await TestHost.StartAsync(services => services
            .AddHawserServer("echo", options =>
            {
                options.Listen(Any);
                options.Limits = options.Limits with { DrainTimeout = Timeout.InfiniteTimeSpan };
            })
            .UseHandler<EchoHandler>());
        using RawClient client = await host.ConnectAsync("echo");
        await client.SendAsync("whole\nhalf");
        Assert.Equal("whole", await client.ReceiveLineAsync());

        await host.Host.StopAsync(new CancellationToken(canceled: true)).Bounded();

        Assert.True(await client.EndsByResetAsync());
        Assert.Contains(host.Log.Entries, entry => entry.Text == "Stopped: 0 connections finished, 1 aborted, 0 unfinished");
    }

    [Fact]
    public async Task The_health_check_follows_the_server()
    {
        await using TestHost host = await TestHost.StartAsync(services => services
            .AddHawserServer("echo", options => options.Listen(Any)).UseHandler<EchoHandler>()
            .AddHealthCheck("alive", "ready"));
        HealthCheckService health = host.Services.GetRequiredService<HealthCheckService>();
        using RawClient client = await host.ConnectAsync("echo");
        await client.SendAsync("x\n");
        await client.ReceiveLineAsync();

        HealthReportEntry entry = (await health.CheckHealthAsync()).Entries["alive"];
        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal(1, entry.Data["connections"]);
        Assert.Equal($"{host["echo"].Server.EndPoints[0]}", entry.Data["listening"]);
        Assert.Equal(["ready"], entry.Tags);

        client.Dispose();
        await host.Host.StopAsync().Bounded();
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync()).Status);
    }

    [Fact]
    public async Task A_server_that_the_application_stops_is_unhealthy_at_once_and_the_host_goes_on()
    {
        await using TestHost host = await TestHost.StartAsync(services => services
            .AddHawserServer("echo", options =>
            {
                options.Listen(Any);
                options.Limits = options.Limits with { DrainTimeout = Patience.Limit };
            })
            .UseHandler<EchoHandler>().AddHealthCheck());
        HealthCheckService health = host.Services.GetRequiredService<HealthCheckService>();
        Server server = host["echo"].Server;
        using RawClient client = await host.ConnectAsync("echo");
        await client.SendAsync("whole\nhalf");
        Assert.Equal("whole", await client.ReceiveLineAsync());

        Task stop = server.StopAsync();

        HealthReportEntry stopping = (await health.CheckHealthAsync()).Entries["echo"];
        Assert.False(server.Completion.IsCompleted);
        Assert.Equal((HealthStatus.Unhealthy, "stopping"), (stopping.Status, stopping.Description));
        Assert.Equal(1, stopping.Data["connections"]);
        await client.SendAsync("\n");
        Assert.Equal("half", await client.ReceiveLineAsync());
        client.Dispose();
        await stop.Bounded();
        await server.Completion.Bounded();
        HealthReportEntry stopped = (await health.CheckHealthAsync()).Entries["echo"];
        Assert.Equal((HealthStatus.Unhealthy, "stopped"), (stopped.Status, stopped.Description));
        Assert.False(host.Services.GetRequiredService<Microsoft.Extensions.Hosting.IHostApplicationLifetime>()
            .ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task A_server_that_has_not_started_is_unhealthy_and_has_no_handle()
    {
        TestHost host = TestHost.Build(services => services
            .AddHawserServer("echo", options => options.Listen(Any)).UseHandler<EchoHandler>().AddHealthCheck());

        HealthReport report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.Equal(HealthStatus.Unhealthy, report.Entries["echo"].Status);
        Assert.Contains("has not started", Assert.Throws<InvalidOperationException>(() => host["echo"].Server).Message,
            StringComparison.Ordinal);
        host.Host.Dispose();
    }

    [Fact]
    public async Task A_host_whose_port_is_taken_does_not_start_and_closes_the_other_ports()
    {
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        TestHost host = TestHost.Build(services =>
        {
            services.AddHawserServer("first", options => options.Listen(Any)).UseHandler<EchoHandler>();
            services.AddHawserServer("second", options => options.Listen($"{taken.LocalEndPoint}"))
                .UseHandler<EchoHandler>();
        });

        await Assert.ThrowsAsync<ListenException>(() => host.Host.StartAsync().Bounded());
        EndPoint first = host["first"].Server.EndPoints[0];
        host.Host.Dispose();

        await Patience.UntilAsync(() => !CanConnect(first));
    }

    private static bool CanConnect(EndPoint endPoint)
    {
        using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>What the scopes did.</summary>
    public sealed class Seen
    {
        private int _made;
        private int _disposed;

        public int Made => Volatile.Read(ref _made);

        public int Disposed => Volatile.Read(ref _disposed);

        public int Make() => Interlocked.Increment(ref _made);

        public void Dispose() => Interlocked.Increment(ref _disposed);
    }

    public sealed class Scoped(Seen seen) : IDisposable
    {
        public int Number { get; } = seen.Make();

        public void Dispose() => seen.Dispose();
    }

    public sealed class GreetHandler(Scoped scoped) : IConnectionHandler
    {
        public async Task HandleAsync(Connection connection, CancellationToken stopping) =>
            await connection.WriteAsync(Encoding.ASCII.GetBytes($"scope {scoped.Number}\n"));
    }

    public sealed class BreakingHandler : IConnectionHandler
    {
        public async Task HandleAsync(Connection connection, CancellationToken stopping)
        {
            // A reset before would fail the connect.
            await connection.ReadAsync();
            throw new InvalidOperationException("on purpose");
        }
    }

    public sealed class EchoHandler : IConnectionHandler
    {
        public Task HandleAsync(Connection connection, CancellationToken stopping) =>
            Handlers.EchoLinesAsync(connection);
    }
}
