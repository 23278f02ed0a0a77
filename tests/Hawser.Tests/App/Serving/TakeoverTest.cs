using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Serving;

/// <summary>A new server takes the sockets of the one that runs.</summary>
[SupportedOSPlatform("linux")]
public sealed class TakeoverTest : IDisposable
{
    private const int Clients = 8;
    private const int Generations = 2;

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["takeover"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("threads")]
    [InlineData("epoll")]
    public async Task Under_load_no_connection_is_refused_or_cut(string model)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "passes sockets as Linux does");
        ProgramProcess server = Serve(model);
        IPEndPoint where = await server.ListeningAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        using var stop = new CancellationTokenSource();
        var errors = new ConcurrentQueue<Exception>();
        long[] pongs = new long[Clients];
        Task[] load = [.. Enumerable.Range(0, Clients).Select(client => Task.Run(() => PingAsync(client)))];
        await Patience.UntilAsync(() => pongs.Sum() > 100);

        for (int generation = 0; generation < Generations; generation++)
        {
            // In the middle of a message.
            using RawClient slow = await RawClient.ConnectAsync(where);
            await slow.SendAsync("ping 7 ");
            await ServedByAsync(where);
            await using ProgramProcess old = server;
            server = Serve(model);
            Assert.Equal(where, await server.ListeningAsync());
            await old.Errors.LineWithAsync("taken over: the new server accepts connections");
            await slow.SendAsync("1\n");
            Assert.Equal("pong 7 1", await slow.ReceiveLineAsync());
            slow.FinishSending();
            Assert.Equal(0, (await old.EndAsync()).ExitCode);
            long before = pongs.Sum();
            await Patience.UntilAsync(() => pongs.Sum() > before + 100);
        }
        await stop.CancelAsync();
        await Task.WhenAll(load).Bounded();

        Assert.Empty(errors);
        server.Signal(ProgramProcess.SIGTERM);
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
        Assert.False(File.Exists(Path));
        await server.DisposeAsync();

        async Task PingAsync(int client)
        {
            try
            {
                while (!stop.IsCancellationRequested)
                {
                    await ServedByAsync(where);
                    pongs[client]++;
                }
            }
            catch (Exception e)
            {
                errors.Enqueue(e);
            }
        }
    }

    [Fact]
    public async Task If_the_new_server_fails_the_old_one_serves_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "passes sockets as Linux does");
        await using ProgramProcess server = Serve("epoll");
        IPEndPoint where = await server.ListeningAsync();
        using (var thief = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await thief.ConnectAsync(new UnixDomainSocketEndPoint(Path)).Bounded();
            byte[] message = new byte[100];
            int received = await thief.ReceiveAsync(message).Bounded();
            Assert.Equal("hawser-takeover 1\nping\n\n", Encoding.ASCII.GetString(message, 0, received));
            using RawClient waiting = await RawClient.ConnectAsync(where);
            await waiting.SendAsync("ping 0 1\n");
            thief.Dispose();
            Assert.Equal("pong 0 1", await waiting.ReceiveLineAsync());
        }
        await server.Errors.LineWithAsync("WARNING: --takeover: the new server did not start; this one serves on");

        // A port that is not taken over stays with the old server, which ends.
        await using ProgramProcess other = ProgramProcess.Start(
            "serve", "ping", "--port", "0", "--host", "127.0.0.2", "--takeover", Path);
        await other.Output.LineWithAsync("Listening on 127.0.0.2:");
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
        Assert.Equal(SocketError.ConnectionRefused,
            (await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(where))).SocketErrorCode);
    }

    [Fact]
    public async Task A_path_that_is_no_socket_is_an_error()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "passes sockets as Linux does");
        _folder.Write("takeover", []);
        (await ProgramProcess.RunAsync("serve", "ping", "--port", "0", "--takeover", Path))
            .IsError(1, $"unix:{Path}: not a socket");
    }

    private ProgramProcess Serve(string model) => ProgramProcess.Start(
        "serve", "ping", "--port", "0", "--model", model, "--takeover", Path, "--quiet");

    /// <summary>One connection, from its first byte to its orderly end.</summary>
    private static async Task ServedByAsync(IPEndPoint where)
    {
        using RawClient client = await RawClient.ConnectAsync(where);
        await client.SendAsync("ping 0 1\n");
        client.FinishSending();
        Assert.Equal("pong 0 1\n", Encoding.ASCII.GetString(await client.ReceiveToEndAsync()));
    }
}
