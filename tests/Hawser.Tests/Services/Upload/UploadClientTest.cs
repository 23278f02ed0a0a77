using System.Net;
using System.Net.Sockets;
using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Upload;

/// <summary>Our client against servers that are not ours.</summary>
public sealed class UploadClientTest : IDisposable
{
    private const int LargeBytes = 64 * 1024 * 1024;

    private static readonly UploadClientOptions Patient = new()
    {
        ConnectTimeout = Patience.Limit,
        IdleTimeout = Patience.Limit,
    };

    private readonly FakeTime _time = new();
    private readonly TemporaryFolder _folder = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private UploadClientOptions Timed => Patient with { TimeProvider = _time };

    public UploadClientTest() => _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public void Dispose()
    {
        _listener.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_server_that_never_reads_is_given_up_after_the_idle_timeout()
    {
        _listener.Listen();

        var error = await Assert.ThrowsAsync<ConnectionClosedException>(
            () => WhileTimePassesAsync(SendAsync(LargeBytes, Timed)));

        Assert.Equal(CloseReason.IdleTimeout, error.Reason);
    }

    [Fact]
    public async Task A_server_that_takes_everything_and_never_answers_has_not_confirmed()
    {
        _listener.Listen();
        Task<UploadOutcome> sending = SendAsync(10, Timed);
        using RawPeer server = await RawPeer.AcceptAsync(_listener);
        Assert.Equal(10, (await server.ReadToEndAsync()).Length);
        Assert.False(sending.IsCompleted);

        await Patience.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return sending.IsCompleted;
        });

        UploadOutcome outcome = await sending;
        Assert.True(outcome.IsUnanswered);
        Assert.Null(outcome.Receipt);
        Assert.Equal(10, outcome.BytesSent);
    }

    [Fact]
    public async Task A_hash_that_lags_behind_the_last_byte_does_not_end_an_upload_that_arrived()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only here a byte that was read is acknowledged at once");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var where = new UnixDomainSocketEndPoint(_folder["socket"]);
        listener.Bind(where);
        listener.Listen();
        await using FileStream source = File.OpenRead(_folder.Write("large", new byte[LargeBytes]));
        Task<UploadOutcome> sending = Task.Run(() => UploadClient.SendAsync(where, source, Timed));
        using RawPeer server = await RawPeer.AcceptAsync(listener);
        Assert.Equal(LargeBytes, await server.CountToEndAsync());
        for (TimeSpan passed = default; passed < 2 * Timed.IdleTimeout; passed += TimeSpan.FromSeconds(1))
            _time.Advance(TimeSpan.FromSeconds(1));

        UploadOutcome outcome = await sending.Bounded();
        Assert.True(outcome.IsUnanswered);
        Assert.NotNull(outcome.Digest);
    }

    [Fact]
    public async Task An_address_that_never_answers_is_given_up_after_the_connect_timeout()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only here a full backlog is silence");
        _listener.Listen(0);
        using var first = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var second = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(_listener.LocalEndPoint!).Bounded();
        _ = second.ConnectAsync(_listener.LocalEndPoint!).ContinueWith(ended => _ = ended.Exception);

        var error = await Assert.ThrowsAsync<ConnectException>(
            () => SendAsync(10, Patient with { ConnectTimeout = TimeSpan.FromMilliseconds(200) }));

        Assert.Contains("no answer", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_source_is_not_the_servers_fault()
    {
        _listener.Listen();
        var source = new StepStream();
        Task<UploadOutcome> sending = SendAsync(source, Timed);
        using RawPeer server = await RawPeer.AcceptAsync(_listener);
        Task<string> received = server.ReadToEndAsync();
        await source.GiveAsync("one"u8.ToArray());
        await Patience.UntilAsync(() => source.IsAwaited);
        _time.Advance(10 * Timed.IdleTimeout);
        await source.GiveAsync("two"u8.ToArray());
        await source.GiveAsync([]);

        Assert.Equal("onetwo", await received);
        server.Dispose();
        Assert.Equal(6, (await sending.Bounded()).BytesSent);
    }

    [Fact]
    public async Task A_server_that_closes_early_is_an_error()
    {
        _listener.Listen();
        Task<UploadOutcome> sending = SendAsync(LargeBytes, Patient);
        using (RawPeer server = await RawPeer.AcceptAsync(_listener))
            await Patience.UntilAsync(() => server.Available > 0);

        var error = await Assert.ThrowsAsync<ConnectionClosedException>(() => sending.Bounded());

        Assert.Equal(CloseReason.PeerReset, error.Reason);
    }

    [Fact]
    public async Task A_refusal_that_a_reset_follows_is_still_heard()
    {
        _listener.Listen();
        Task<UploadOutcome> sending = SendAsync(LargeBytes, Patient);
        using (RawPeer server = await RawPeer.AcceptAsync(_listener))
        {
            // Unread input is what makes the close a reset.
            await Patience.UntilAsync(() => server.Available > 0);
            await server.SendAsync("ERROR no more today\n");
        }

        Assert.Equal("no more today", (await sending.Bounded()).Receipt!.Refusal);
    }

    [Fact]
    public async Task A_server_that_finishes_its_side_at_once_gets_all_of_it_and_has_not_confirmed()
    {
        _listener.Listen();
        Task<UploadOutcome> sending = SendAsync(LargeBytes, Patient);
        using RawPeer server = await RawPeer.AcceptAsync(_listener);
        server.FinishSending();

        Assert.Equal(LargeBytes, (await server.ReadToEndAsync()).Length);
        UploadOutcome outcome = await sending.Bounded();
        Assert.Null(outcome.Receipt);
        Assert.False(outcome.IsUnanswered);
        Assert.Equal(LargeBytes, outcome.BytesSent);
    }

    [Theory]
    [InlineData("OK 1.file 3 sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n", false)]
    [InlineData("OK 1.file 2 sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n", true)]
    [InlineData("OK 1.file 3 sha256:0a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n", true)]
    public async Task A_receipt_that_lies_is_found_out(string receipt, bool isLie)
    {
        _listener.Listen();
        Task<UploadOutcome> sending = SendAsync(new MemoryStream("abc"u8.ToArray()), Patient);
        using (RawPeer server = await RawPeer.AcceptAsync(_listener))
        {
            await server.ReadToEndAsync();
            await server.SendAsync(receipt);
        }

        UploadOutcome outcome = await sending.Bounded();
        Assert.Equal(isLie, outcome.IsDifferent);
        Assert.Equal(!isLie, outcome.IsVerified);
    }

    [Fact]
    public async Task A_receipt_before_the_end_does_not_end_the_upload()
    {
        _listener.Listen();
        Task<UploadOutcome> sending = SendAsync(LargeBytes, Patient);
        using RawPeer server = await RawPeer.AcceptAsync(_listener);
        await server.SendAsync(UploadServer.ReceiptOf(1, []));

        Assert.Equal(LargeBytes, (await server.ReadToEndAsync()).Length);
        server.Dispose();
        Assert.True((await sending.Bounded()).IsDifferent);
    }

    [Theory]
    [InlineData("220 mail.example.org ready\n", "the server's answer is not a receipt")]
    [InlineData("ERROR: malformed\n", "the server's answer is not a receipt")]
    [InlineData("OK 1.file 3\n", "the server's answer is not a receipt")]
    [InlineData("OK 1.file 3", "truncated line")]
    public async Task An_answer_that_is_no_receipt_is_an_error(string answer, string fault)
    {
        _listener.Listen();
        Task<UploadOutcome> sending = SendAsync(3, Patient);
        using (RawPeer server = await RawPeer.AcceptAsync(_listener))
        {
            await server.ReadToEndAsync();
            await server.SendAsync(answer);
        }

        var e = await Assert.ThrowsAsync<ProtocolException>(() => sending.Bounded());
        Assert.Equal($"{fault}; is it an upload server?", e.Message);
    }

    [Fact]
    public async Task A_file_that_becomes_shorter_meanwhile_is_not_taken_for_whole()
    {
        await using UploadServer server = UploadServer.Start(_folder["stored"]);
        string path = _folder.Write("source", new byte[LargeBytes]);
        await using FileStream source = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

        await Assert.ThrowsAsync<EndOfStreamException>(() => Task.Run(() => UploadClient.SendAsync(
            server.EndPoint, source, Patient, sent =>
            {
                if (sent < LargeBytes / 2)
                    File.WriteAllBytes(path, []);
            })).Bounded());

        await server.Observer.NextEndAsync();
        Assert.True(server.IsError(1));
    }

    [Fact]
    public async Task A_read_error_of_the_source_fails_the_upload()
    {
        await using UploadServer server = UploadServer.Start(_folder["stored"]);
        var source = new StepStream();
        Task<UploadOutcome> sending = server.SendAsync(source);
        await source.GiveAsync("half"u8.ToArray());
        source.Fail(new IOException("the disk is broken"));

        await Assert.ThrowsAsync<IOException>(() => sending);

        await server.Observer.NextEndAsync();
        Assert.True(server.IsError(1));
    }

    /// <summary>Nothing but the clock moves.</summary>
    private async Task<UploadOutcome> WhileTimePassesAsync(Task<UploadOutcome> sending)
    {
        using RawPeer server = await RawPeer.AcceptAsync(_listener);
        await Patience.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return sending.IsCompleted;
        });
        return await sending;
    }

    private async Task<UploadOutcome> SendAsync(int bytes, UploadClientOptions options)
    {
        await using FileStream source = File.OpenRead(_folder.Write("large", new byte[bytes]));
        return await SendAsync(source, options);
    }

    private Task<UploadOutcome> SendAsync(Stream source, UploadClientOptions options) =>
        Task.Run(() => UploadClient.SendAsync(_listener.LocalEndPoint!, source, options));
}
