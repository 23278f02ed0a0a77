using System.Net.Sockets;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary>A server whose log goes nowhere.</summary>
public sealed class ServeLogTest : IDisposable
{
    // With a line for each, ten times what the queue and the pipe hold.
    private const int Pings = 400_000;
    private const int PingsAtOnce = 1_000;

    private readonly TemporaryFolder _folder = new();
    private readonly UnixDomainSocketEndPoint _where;

    public ServeLogTest()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Unix domain sockets and a shell");
        _where = new UnixDomainSocketEndPoint(_folder["socket"]);
    }

    public void Dispose() => _folder.Dispose();

    [Theory, Models(ModelKind.Every)]
    public async Task An_unread_log_holds_up_neither_connections_nor_the_stop(string model)
    {
        await using ProgramProcess server = ProgramProcess.Start(
            [], readOutput: false, "serve", "ping", "--host", $"unix:{_where}", "--model", model, "--verbose");
        using (RawClient client = await ConnectAsync())
            await PingAsync(client, Pings);
        server.Signal(ProgramProcess.SIGTERM);

        ProgramResult result = await server.EndAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Matches("WARNING: [0-9]+ lines of the log were dropped: the standard output did not take them",
            result.Errors);
    }

    /// <summary>The peer of a Unix domain socket chooses its address: any bytes.</summary>
    [Theory]
    [InlineData("ping", "--verbose")]
    [InlineData("message", "0", "--verbose")]
    [InlineData("numbers", "--count", "250000", "--verbose")]
    [InlineData("upload", "0", "stored", "--verbose")]
    public async Task No_address_of_a_peer_reaches_the_terminal_or_forges_a_line(string service, params string[] options)
    {
        await using ProgramProcess server = ProgramProcess.Start(
            ["serve", service, .. options.Select(option => option == "stored" ? _folder[option] : option), "--host", $"unix:{_where}"]);
        await (service == "message" ? server.Errors : server.Output).LineWithAsync("Listening on");
        using (var peer = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            peer.Bind(new UnixDomainSocketEndPoint(_folder["\u001b[2J\a\r\u202e\nERROR: forged"]));
            await peer.ConnectAsync(_where).Bounded();
            await peer.SendAsync("x\n"u8.ToArray()).Bounded();
            peer.Shutdown(SocketShutdown.Send);
            byte[] buffer = new byte[64 * 1024];
            while (await peer.ReceiveAsync(buffer).Bounded() > 0)
            {
            }
        }
        server.Signal(ProgramProcess.SIGTERM);
        await server.EndAsync();

        string log = server.Errors.Text + (service == "message" ? "" : server.Output.Text);
        Assert.Contains("\\u001B[2J\\u0007 \\u202E ERROR: forged", log, StringComparison.Ordinal);
        Assert.DoesNotContain(log, c => c is '\u001b' or '\a' or '\r' or '\u202e');
        Assert.DoesNotContain(log.Split('\n'), line => line.StartsWith("ERROR: forged", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("exec \"$@\" >/dev/full")]
    [InlineData("exec \"$@\" >/dev/full 2>/dev/full")]
    public async Task A_full_disk_under_the_log_ends_neither_the_server_nor_a_connection(string script)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/full");
        await using ProgramProcess server = ProgramProcess.StartInShell(
            script, "", "serve", "ping", "--host", $"unix:{_where}");
        for (int n = 0; n < 3; n++)
        {
            using RawClient client = await ConnectAsync();
            await PingAsync(client, 1);
        }
        server.Signal(ProgramProcess.SIGTERM);

        Assert.Equal(0, (await server.EndAsync()).ExitCode);
        // One with the first line that is lost, one with their number.
        int warnings = script.Contains("2>", StringComparison.Ordinal) ? 0 : 2;
        Assert.Equal(warnings, server.Errors.Lines.Count(line => line.StartsWith("WARNING: ", StringComparison.Ordinal)));
        Assert.DoesNotContain("ERROR", server.Errors.Text, StringComparison.Ordinal);
    }

    private static async Task PingAsync(RawClient client, int count)
    {
        string ping = string.Concat(Enumerable.Repeat("ping 0 1\n", Math.Min(count, PingsAtOnce)));
        for (int sent = 0; sent < count; sent += PingsAtOnce)
        {
            await client.SendAsync(ping);
            await client.ReceiveExactlyAsync(ping.Length);
        }
    }

    private async Task<RawClient> ConnectAsync()
    {
        RawClient? client = null;
        await Patience.UntilAsync(() => File.Exists(_folder["socket"]));
        while (client is null)
        {
            try
            {
                client = await RawClient.ConnectAsync(_where);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused)
            {
                // Bound, and not yet listening.
            }
        }
        return client;
    }
}
