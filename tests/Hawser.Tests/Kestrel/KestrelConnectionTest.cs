using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hawser.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hawser.Tests.Kestrel;

/// <summary>How connections end, what they expose and where their code runs, held to Kestrel's own
/// transport.</summary>
public sealed class KestrelConnectionTest
{
    [Theory, Transports]
    public async Task A_client_that_has_finished_gets_its_answer(string transport)
    {
        await using KestrelHost host = await StartRawAsync(transport, async connection =>
        {
            long bytes = 0;
            ReadResult read;
            do
            {
                read = await connection.Transport.Input.ReadAsync();
                bytes += read.Buffer.Length;
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
            byte[] answer = new byte[1_000_000];
            await connection.Transport.Output.WriteAsync(answer);
            await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes($"{bytes}"));
        });
        using RawClient client = await host.ConnectAsync();

        await client.SendAsync(new byte[300_000]);
        client.FinishSending();
        byte[] answer = await client.ReceiveToEndAsync();

        Assert.Equal("300000"u8.ToArray(), answer[1_000_000..]);
    }

    [Theory, Transports]
    public async Task A_client_that_finishes_or_resets_fires_the_token_of_the_connection(string transport)
    {
        var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using KestrelHost host = await StartRawAsync(transport, async connection =>
        {
            await connection.Transport.Output.WriteAsync("."u8.ToArray());
            await Record.ExceptionAsync(() => Task.Delay(Timeout.Infinite, connection.ConnectionClosed));
            Exception? read = await Record.ExceptionAsync(() => connection.Transport.Input.ReadAsync().AsTask());
            ended.SetResult(read?.GetType().Name ?? "end");
        });
        using RawClient finishes = await host.ConnectAsync();
        await finishes.ReceiveExactlyAsync(1);
        finishes.FinishSending();
        Assert.Equal("end", await ended.Task.Bounded());
        await finishes.ReceiveToEndAsync();
        finishes.Dispose();

        ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        RawClient resets = await host.ConnectAsync();
        await resets.ReceiveExactlyAsync(1);
        resets.Reset();

        Assert.Equal(nameof(ConnectionResetException), await ended.Task.Bounded());
    }

    [Theory, Transports]
    public async Task A_client_that_resets_aborts_its_request_while_it_runs(string transport)
    {
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using KestrelHost host = await KestrelHost.StartAsync(transport, async context =>
        {
            running.TrySetResult();
            await Record.ExceptionAsync(() => Task.Delay(Timeout.Infinite, context.RequestAborted));
            aborted.TrySetResult();
        });
        RawClient client = await host.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        await running.Task.Bounded();

        client.Reset();

        await aborted.Task.Bounded();
    }

    [Theory, Transports]
    public async Task A_write_that_waits_for_a_client_fails_when_the_client_resets(string transport)
    {
        var failed = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using KestrelHost host = await StartRawAsync(transport, async connection =>
        {
            byte[] much = new byte[1_000_000];
            FlushResult flushed = default;
            while (!flushed.IsCompleted)
                flushed = await connection.Transport.Output.WriteAsync(much);
            failed.SetResult(true);
        });
        RawClient client = await host.ConnectAsync();
        await client.ReceiveExactlyAsync(2_000_000);

        client.Reset();

        Assert.True(await failed.Task.Bounded());
    }

    [Theory, Transports]
    public async Task An_abort_by_the_application_resets_the_connection(string transport)
    {
        await using KestrelHost host = await KestrelHost.StartAsync(transport, context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        using RawClient client = await host.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");

        Assert.True(await client.EndsByResetAsync());
    }

    /// <summary>On a loop it would wait for itself.</summary>
    [Theory, Transports(Inline = false)]
    public async Task The_body_may_be_read_synchronously(string transport)
    {
        await using KestrelHost host = await KestrelHost.StartAsync(
            transport,
            context =>
            {
                using var all = new MemoryStream();
                context.Request.Body.CopyTo(all);
                return context.Response.WriteAsync($"{all.Length}");
            },
            kestrel: kestrel => kestrel.AllowSynchronousIO = true);
        using HttpClient client = host.CreateClient();

        using HttpResponseMessage answer = await client.PostAsync("/", new ByteArrayContent(new byte[2_000_000])).Bounded();

        Assert.Equal("2000000", await answer.Content.ReadAsStringAsync());
    }

    [Theory, Transports]
    public async Task The_connection_has_its_addresses_and_its_pool(string transport)
    {
        var seen = new TaskCompletionSource<(EndPoint?, EndPoint?, bool)>();
        await using KestrelHost host = await StartRawAsync(transport, connection =>
        {
            MemoryPool<byte>? pool = connection.Features.Get<IMemoryPoolFeature>()?.MemoryPool;
            seen.SetResult((connection.LocalEndPoint, connection.RemoteEndPoint, pool is not null));
            return Task.CompletedTask;
        });
        using RawClient client = await host.ConnectAsync();

        (EndPoint? local, EndPoint? remote, bool hasPool) = await seen.Task.Bounded();

        Assert.Equal(host.EndPoint, local);
        Assert.Equal(client.LocalEndPoint, remote);
        Assert.True(hasPool);
    }

    [Theory, Transports]
    public async Task Requests_run_on_the_thread_pool_unless_they_are_to_run_on_the_loop(string transport)
    {
        bool isInline = transport.EndsWith(KestrelHost.Inline, StringComparison.Ordinal);
        await using KestrelHost host = await KestrelHost.StartAsync(transport, async context =>
        {
            bool isPool = Thread.CurrentThread.IsThreadPoolThread;
            bool isFree = SynchronizationContext.Current is null;
            await Task.Yield();
            await context.Response.WriteAsync($"{isPool} {isFree} {Thread.CurrentThread.IsThreadPoolThread}\n");
        });
        using HttpClient client = host.CreateClient();
        // A request that arrives before Kestrel waits for it runs where the one before ended: on the thread pool.
        string ran = await client.GetStringAsync("/").Bounded();
        for (int n = 0; n < 1_000 && ran == "True True True\n" && (isInline || n < 3); n++)
            ran = await client.GetStringAsync("/").Bounded();

        Assert.Equal($"{!isInline} True True\n", ran);
    }

    [Theory, Models]
    public async Task Connections_beyond_the_limit_wait_for_a_place(string model)
    {
        await using KestrelHost host = await KestrelHost.StartAsync(
            model, context => context.Response.WriteAsync(context.Connection.Id),
            options => options.Limits = options.Limits with { Connections = 1 });
        using RawClient first = await host.ConnectAsync();
        await first.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        string head = await first.ReceiveLineAsync();
        using RawClient second = await host.ConnectAsync();
        await second.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Task<byte[]> waiting = second.ReceiveToEndAsync();
        await first.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.Equal("HTTP/1.1 200 OK\r", head);
        await first.ReceiveToEndAsync();
        first.Dispose();

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", Encoding.ASCII.GetString(await waiting.Bounded()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_reported_as_by_kestrel()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseHawser().UseUrls($"http://{taken.LocalEndPoint}");
        await using WebApplication application = builder.Build();

        IOException error = await Assert.ThrowsAsync<IOException>(() => application.StartAsync().Bounded());

        Assert.Contains("address already in use", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_unix_domain_socket_is_served()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "needs Unix domain sockets");
        using var folder = new TemporaryFolder();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseHawser().UseUrls($"http://unix:{folder["socket"]}");
        await using WebApplication application = builder.Build();
        application.Run(context => context.Response.WriteAsync("pong\n"));
        await application.StartAsync().Bounded();
        using RawClient client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(folder["socket"]));

        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

        Assert.StartsWith(
            "HTTP/1.1 200 OK\r\n", Encoding.ASCII.GetString(await client.ReceiveToEndAsync()), StringComparison.Ordinal);
        await application.StopAsync().Bounded();
    }

    [Fact]
    public async Task An_unknown_model_is_an_error_at_the_start()
    {
        ArgumentException error = await Assert.ThrowsAnyAsync<ArgumentException>(
            () => KestrelHost.StartAsync("epol", _ => Task.CompletedTask));

        Assert.Contains("unknown model 'epol'", error.Message, StringComparison.Ordinal);
    }

    private static Task<KestrelHost> StartRawAsync(string transport, Func<ConnectionContext, Task> serve) =>
        KestrelHost.StartAsync(transport, listen => listen.Run(serve), _ => { });
}
