using System.Net;
using System.Net.Sockets;
using Hawser.App.CommandLine;
using Hawser.App.Serving;
using Hawser.App.Serving.Configuration;
using Hawser.Limits;
using Hawser.Models;
using Hawser.Services.Ping;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary>The limits as options of <c>serve</c>, and their lines in the log.</summary>
public sealed class ServeLimitsTest
{
    private const int SIGHUP = 1;

    private static readonly IPAddress One = IPAddress.Parse("127.0.0.1");
    private static readonly IPAddress Two = IPAddress.Parse("127.0.0.2");

    [Fact]
    public async Task An_address_over_its_limit_is_refused_and_counted_in_one_line()
    {
        await using ProgramProcess serve = ProgramProcess.Start(
            "serve", "ping", "--port", "0", "--max-per-address", "1", "--quiet");
        IPEndPoint where = await serve.ListeningAsync();
        using RawClient first = await RawClient.ConnectAsync(where, from: One);
        await PingAsync(first);
        for (int i = 0; i < 20; i++)
            Assert.True(await IsRefusedAsync(where, One));
        using RawClient other = await RawClient.ConnectAsync(where, from: Two);
        await PingAsync(other);

        serve.Signal(ProgramProcess.SIGTERM);
        ProgramResult result = await serve.EndAsync();

        Assert.Equal(0, result.ExitCode);
        string[] lines = [.. serve.Errors.Lines.Where(line => line.Contains("over a limit", StringComparison.Ordinal))];
        Assert.InRange(lines.Length, 1, 10);
        Assert.All(lines, line => Assert.Matches(
            @" WARNING: \d+ connections? over a limit: \d+ refused by --max-per-address\z", line));
    }

    [Fact]
    public async Task Lists_come_from_the_command_line_and_from_a_file_that_may_change()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("deny", "127.0.0.2\n"u8.ToArray());
        await using ProgramProcess serve = ProgramProcess.Start(
            "serve", "ping", "--port", "0", "--deny", "127.0.0.3", "--deny", $"@{path}", "--allow", "127.0.0.0/24");
        IPEndPoint where = await serve.ListeningAsync();
        Assert.True(await IsRefusedAsync(where, Two));
        Assert.True(await IsRefusedAsync(where, IPAddress.Parse("127.0.0.3")));
        Assert.True(await IsRefusedAsync(where, IPAddress.Parse("127.0.1.1")));

        folder.Write("deny", "nonsense\n"u8.ToArray());
        await serve.Errors.LineWithAsync("'nonsense'");
        Assert.True(await IsRefusedAsync(where, Two));
        folder.Write("deny", "192.0.2.1\n"u8.ToArray());
        bool isServed = false;
        while (!isServed)
            isServed = !await IsRefusedAsync(where, Two);

        serve.Signal(SIGHUP);
        await serve.Errors.LineWithAsync("read again: --deny: 2 networks");

        Assert.Contains(serve.Errors.Lines, line => line.EndsWith(
            $"WARNING: --deny: {path}, line 1: 'nonsense' is not an address or network; use 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32; "
            + "the old ones stay in force", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--rate-limit")]
    [InlineData("--connection-rate-limit")]
    public async Task A_rate_limit_option_delays_the_response(string option)
    {
        await using ProgramProcess serve = ProgramProcess.Start(
            "serve", "numbers", "--port", "0", "--host", "127.0.0.1", "--drain-timeout", "0", option, "1/s");
        using RawClient client = await RawClient.ConnectAsync(await serve.ListeningAsync());
        await client.ReceiveExactlyAsync(1_024);
        serve.Signal(ProgramProcess.SIGTERM);

        // A second kilobyte comes after a second, the third after a quarter of an hour.
        int more = 0;
        byte[] buffer = new byte[4_096];
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            while (await client.ReceiveAsync(buffer) is > 0 and var received)
                more += received;
        });
        Assert.InRange(more, 0, 1_024);
    }

    [Theory]
    [InlineData("--min-rate", "240/300ms", "closed by --min-rate")]
    [InlineData("--total-timeout", "300ms", "closed by --total-timeout")]
    [InlineData("--max-connection-bytes", "1", "closed by --max-connection-bytes")]
    public async Task A_connection_that_a_limit_closes_is_counted(string option, string value, string part)
    {
        await using ProgramProcess serve = ProgramProcess.Start("serve", "ping", "--port", "0", option, value);
        using RawClient client = await RawClient.ConnectAsync(await serve.ListeningAsync());
        await client.SendAsync("pi");
        await client.ReceiveToEndAsync();
        client.FinishSending();

        Assert.EndsWith($" WARNING: 1 connection over a limit: 1 {part}",
            await serve.Errors.LineWithAsync("over a limit"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handshake_over_the_limit_ends_the_oldest()
    {
        await using ProgramProcess serve = ProgramProcess.Start(
            "serve", "ping", "--model", "select", "--port", "0", "--proxy-from", "127.0.0.0/8",
            "--max-handshakes", "1");
        IPEndPoint where = await serve.ListeningAsync();
        using RawClient silent = await RawClient.ConnectAsync(where);
        using RawClient polite = await RawClient.ConnectAsync(where);
        await polite.SendAsync("PROXY TCP4 192.0.2.7 192.0.2.1 5000 80\r\n");
        await PingAsync(polite);

        Assert.True(await silent.EndsByResetAsync());
        Assert.EndsWith(" WARNING: 1 connection over a limit: 1 closed by --max-handshakes",
            await serve.Errors.LineWithAsync("over a limit"), StringComparison.Ordinal);
    }

    /// <summary>One silent client holds such a server, or one of its few threads.</summary>
    [Theory, Models]
    public void Default_timeouts_are_short_in_models_that_a_silent_client_blocks(string model)
    {
        var service = new PingService();
        TimeSpan most = ConcurrencyModels.Get(model).LongestSilence ?? TimeSpan.MaxValue;

        ServerLimits limits = Read("--model", model);
        Assert.Equal(Shorter(service.DefaultLimits.IdleTimeout), limits.IdleTimeout);
        Assert.Equal(Shorter(service.DefaultLimits.FirstByteTimeout), limits.FirstByteTimeout);
        limits = Read("--model", model, "--idle-timeout", "never", "--first-byte-timeout", "1h");
        Assert.Equal(Timeout.InfiniteTimeSpan, limits.IdleTimeout);
        Assert.Equal(TimeSpan.FromHours(1), limits.FirstByteTimeout);

        TimeSpan Shorter(TimeSpan timeout) => timeout < most ? timeout : most;

        ServerLimits Read(params string[] arguments)
        {
            var command = new VerbCommand("test", "test");
            var options = new ServeOptions(service);
            options.AddTo(command, []);
            return options.Read(command.Parse(arguments), []).Limits;
        }
    }

    [Fact]
    public void The_log_has_one_line_a_second()
    {
        var time = new FakeTime();
        var lines = new StringWriter { NewLine = "\n" };
        var log = new LimitLog(lines, time);
        log.Closed(CloseReason.PeerFinished);
        Assert.False(time.HasTimerSet);

        for (int second = 0; second < 2; second++)
        {
            log.Refused(RefusalReason.Denied);
            for (int i = 0; i < 3; i++)
                log.Refused(RefusalReason.AcceptRate);
            log.Refused(RefusalReason.NotAllowed);
            log.Refused(RefusalReason.NotAllowed);
            time.Advance(TimeSpan.FromMilliseconds(999));
            Assert.Equal(second, lines.ToString().Count(c => c == '\n'));
            time.Advance(TimeSpan.FromMilliseconds(1));
        }
        time.Advance(TimeSpan.FromHours(1));
        log.Flush();

        const string Line = "WARNING: 6 connections over a limit: 3 refused by --accept-rate, "
            + "2 refused by --allow, 1 refused by --deny\n";
        Assert.Equal(Line + Line, lines.ToString());
    }

    [Fact]
    public void Failed_handshakes_are_counted_by_at_most_five_reasons()
    {
        var lines = new StringWriter { NewLine = "\n" };
        var log = new LimitLog(lines, new FakeTime());
        for (int i = 0; i < 8; i++)
            log.HandshakeFailed($"192.0.2.{i}:80", $"reason {i}");
        log.HandshakeFailed("192.0.2.9:80", "reason 0");
        log.Flush();
        log.Flush();

        Assert.Equal(
            "WARNING: 9 handshakes failed, the last from 192.0.2.9:80: 3 other reasons, 2 reason 0, 1 reason 1, "
            + "1 reason 2, 1 reason 3, 1 reason 4\n", lines.ToString());
    }

    private static async Task PingAsync(RawClient client)
    {
        await client.SendAsync("ping 0 1\n");
        Assert.Equal("pong 0 1", await client.ReceiveLineAsync());
    }

    /// <summary>The reset may come before the connect has returned.</summary>
    private static async Task<bool> IsRefusedAsync(IPEndPoint where, IPAddress from)
    {
        try
        {
            using RawClient client = await RawClient.ConnectAsync(where, from: from);
            await PingAsync(client);
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            return true;
        }
    }
}
