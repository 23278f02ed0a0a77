using System.Net;
using System.Net.Sockets;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Engine;

/// <summary>Dialing a name with two addresses: one wins, and the dial ends as the other's fate allows.</summary>
public sealed class DialerTest : IDisposable
{
    private static readonly TimeSpan Never = Timeout.InfiniteTimeSpan;

    // Long enough for the second attempt to begin.
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(600);

    private readonly LoopbackName _name = new();
    private readonly List<Socket> _sockets = [];

    private DialOptions Patient => new()
    {
        Timeout = Patience.Limit,
        Resolve = LoopbackName.ResolveAsync,
        ConfigureSocket = _sockets.Add,
    };

    public static TheoryData<bool> Blocking => [false, true];

    public void Dispose() => _name.Dispose();

    [Theory, MemberData(nameof(Blocking))]
    public async Task A_silent_address_does_not_hold_up_the_next_one(bool blocking)
    {
        await _name.SilenceAsync(_name.V6);
        _name.V4.Listen();

        using Connection connection = await DialAsync(blocking, Patient);

        Assert.Equal(_name.V4.LocalEndPoint, connection.RemoteEndPoint);
        using Socket accepted = await _name.V4.AcceptAsync().Bounded();
        Assert.Equal(connection.LocalEndPoint, accepted.RemoteEndPoint);
        Assert.False(_name.V4.Poll(0, SelectMode.SelectRead));
        AssertClosed(AddressFamily.InterNetworkV6);
    }

    [Theory, MemberData(nameof(Blocking))]
    public async Task After_a_refusal_the_next_address_is_tried_at_once(bool blocking)
    {
        _name.V4.Listen();

        // Nothing but the refusal can start the second attempt.
        using Connection connection = await DialAsync(blocking, Patient with { ConnectionAttemptDelay = Never });

        Assert.Equal(_name.V4.LocalEndPoint, connection.RemoteEndPoint);
        AssertClosed(AddressFamily.InterNetworkV6);
    }

    [Theory, MemberData(nameof(Blocking))]
    public async Task An_address_gets_its_delay_before_the_next_one_is_tried(bool blocking)
    {
        _name.V6.Listen();
        _name.V4.Listen();

        using Connection connection = await DialAsync(blocking, Patient with { ConnectionAttemptDelay = Never });

        Assert.Equal(_name.V6.LocalEndPoint, connection.RemoteEndPoint);
        Assert.Single(_sockets);
        Assert.False(_name.V4.Poll(0, SelectMode.SelectRead));
    }

    [Theory, MemberData(nameof(Blocking))]
    public async Task Of_two_simultaneous_connections_one_is_closed(bool blocking)
    {
        _name.V6.Listen();
        _name.V4.Listen();
        DialOptions together = Patient with { ConnectionAttemptDelay = TimeSpan.Zero };

        using Connection connection = await DialAsync(blocking, together);

        bool isV6 = connection.RemoteEndPoint!.AddressFamily == AddressFamily.InterNetworkV6;
        AssertClosed(isV6 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6);
        using Socket accepted = await (isV6 ? _name.V6 : _name.V4).AcceptAsync().Bounded();
        await connection.WriteAsync("x"u8.ToArray());
        Assert.Equal(1, await accepted.ReceiveAsync(new byte[2]).Bounded());
    }

    [Theory, MemberData(nameof(Blocking))]
    public async Task A_refusal_by_all_addresses_is_reported(bool blocking)
    {
        var error = await Assert.ThrowsAsync<ConnectException>(() => DialAsync(blocking, Patient));

        Assert.Equal($"both.test:{_name.Port} refused the connection; is the server running there?", error.Message);
        Assert.Equal(2, _sockets.Count);
        AssertClosed(AddressFamily.InterNetworkV6, AddressFamily.InterNetwork);
    }

    [Theory]
    [InlineData(false, AddressFamily.InterNetworkV6)]
    [InlineData(false, AddressFamily.InterNetwork)]
    [InlineData(true, AddressFamily.InterNetworkV6)]
    [InlineData(true, AddressFamily.InterNetwork)]
    public async Task A_refusal_is_reported_rather_than_no_route(bool blocking, AddressFamily unreachable)
    {
        DialOptions halfCut = Patient with { ConfigureSocket = socket => FailFor(unreachable, socket) };

        var error = await Assert.ThrowsAsync<ConnectException>(() => DialAsync(blocking, halfCut));

        Assert.Contains("refused the connection", error.Message, StringComparison.Ordinal);
        AssertClosed(AddressFamily.InterNetworkV6, AddressFamily.InterNetwork);
    }

    [Theory, MemberData(nameof(Blocking))]
    public async Task Silence_of_all_addresses_ends_at_the_timeout(bool blocking)
    {
        await _name.SilenceAsync(_name.V6);
        await _name.SilenceAsync(_name.V4);

        var error = await Assert.ThrowsAsync<ConnectException>(
            () => DialAsync(blocking, Patient with { Timeout = Short }));

        Assert.Equal(
            $"no answer from both.test:{_name.Port} within 0.6 s", error.Message);
        AssertClosed(AddressFamily.InterNetworkV6, AddressFamily.InterNetwork);
    }

    [Theory, MemberData(nameof(Blocking))]
    public async Task A_refusal_is_reported_rather_than_silence(bool blocking)
    {
        await _name.SilenceAsync(_name.V4);

        var error = await Assert.ThrowsAsync<ConnectException>(
            () => DialAsync(blocking, Patient with { Timeout = Short }));

        Assert.Contains("refused the connection", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Blocking))]
    public async Task A_cancelled_dial_closes_what_it_began(bool blocking)
    {
        await _name.SilenceAsync(_name.V6);
        await _name.SilenceAsync(_name.V4);
        using var cancel = new CancellationTokenSource();
        DialOptions cancelled = Patient with
        {
            Timeout = Never,
            ConfigureSocket = socket =>
            {
                _sockets.Add(socket);
                if (socket.AddressFamily == AddressFamily.InterNetwork)
                    cancel.CancelAfter(TimeSpan.FromMilliseconds(20));
            },
        };

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => DialAsync(blocking, cancelled, cancel.Token));

        Assert.Equal(cancel.Token, error.CancellationToken);
        Assert.Equal(2, _sockets.Count);
        AssertClosed(AddressFamily.InterNetworkV6, AddressFamily.InterNetwork);
    }

    [Theory, MemberData(nameof(Blocking))]
    public async Task A_dial_can_be_cancelled_during_name_resolution(bool blocking)
    {
        using var cancel = new CancellationTokenSource();
        DialOptions waiting = Patient with
        {
            Timeout = Never,
            Resolve = (_, _) =>
            {
                cancel.CancelAfter(TimeSpan.FromMilliseconds(20));
                return new TaskCompletionSource<IPAddress[]>().Task;
            },
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DialAsync(blocking, waiting, cancel.Token));
    }

    [Theory, MemberData(nameof(Blocking))]
    public async Task The_timeout_includes_name_resolution(bool blocking)
    {
        DialOptions waiting = Patient with
        {
            Timeout = TimeSpan.FromMilliseconds(50),
            Resolve = (_, _) => new TaskCompletionSource<IPAddress[]>().Task,
        };

        var error = await Assert.ThrowsAsync<ConnectException>(() => DialAsync(blocking, waiting));

        Assert.Contains("no answer", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Blocking))]
    public async Task A_reset_during_the_dial_is_reported_as_a_reset(bool blocking)
    {
        const int Rounds = 200;
        _name.V4.Listen();
        DialOptions v4 = Patient with { Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]) };
        Task resetting = Task.Run(() =>
        {
            for (int i = 0; i < Rounds; i++)
                _name.V4.Accept().Close(timeout: 0);
        });

        for (int i = 0; i < Rounds; i++)
        {
            var error = await Assert.ThrowsAnyAsync<IOException>(async () =>
            {
                using Connection connection = await DialAsync(blocking, v4);
                await connection.ReadAsync();
            });
            Assert.Equal("the peer reset the connection", error.Message);
        }
        await resetting.Bounded();
    }

    [Theory, MemberData(nameof(Blocking))]
    public async Task A_name_without_addresses_cannot_be_resolved(bool blocking)
    {
        DialOptions nowhere = Patient with { Resolve = (_, _) => Task.FromResult<IPAddress[]>([]) };

        var error = await Assert.ThrowsAsync<ConnectException>(() => DialAsync(blocking, nowhere));

        Assert.Equal("cannot resolve 'both.test'", error.Message);
    }

    [Theory, MemberData(nameof(Blocking))]
    public async Task A_socket_can_be_configured_before_it_connects(bool blocking)
    {
        _name.V6.Listen();
        var source = new IPEndPoint(IPAddress.IPv6Loopback, 0);
        DialOptions bound = Patient with
        {
            ConfigureSocket = socket =>
            {
                Assert.True(socket.NoDelay);
                socket.Bind(source);
                source = (IPEndPoint)socket.LocalEndPoint!;
            },
        };

        using Connection connection = await DialAsync(blocking, bound);

        Assert.NotEqual(0, source.Port);
        Assert.Equal(source, connection.LocalEndPoint);
    }

    [Theory, MemberData(nameof(Blocking))]
    public async Task An_exception_of_the_socket_configuration_reaches_the_caller(bool blocking)
    {
        await _name.SilenceAsync(_name.V6);
        DialOptions wrong = Patient with
        {
            ConfigureSocket = socket =>
            {
                _sockets.Add(socket);
                if (socket.AddressFamily == AddressFamily.InterNetwork)
                    throw new FormatException();
            },
        };

        await Assert.ThrowsAsync<FormatException>(() => DialAsync(blocking, wrong));

        Assert.Equal(2, _sockets.Count);
        AssertClosed(AddressFamily.InterNetworkV6, AddressFamily.InterNetwork);
    }

    private Task<Connection> DialAsync(bool blocking, DialOptions options, CancellationToken cancel = default) =>
        (blocking
            ? Task.Run(() => Dialer.Connect(_name.Target, options, cancel), CancellationToken.None)
            : Dialer.ConnectAsync(_name.Target, options, cancel)).Bounded();

    private void FailFor(AddressFamily family, Socket socket)
    {
        _sockets.Add(socket);
        if (socket.AddressFamily == family)
            throw new SocketException((int)SocketError.NetworkUnreachable);
    }

    private void AssertClosed(params AddressFamily[] families)
    {
        // A closed socket still knows its family.
        Socket[] losers = [.. _sockets.Where(socket => families.Contains(socket.AddressFamily))];
        Assert.NotEmpty(losers);
        Assert.All(losers, socket => Assert.True(socket.SafeHandle.IsClosed));
    }
}
