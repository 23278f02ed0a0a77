using System.Net;
using System.Net.Sockets;
using Hawser.Dialing;
using Xunit;

namespace Hawser.Tests.Engine;

/// <summary>Which address of a dial is next and when, and which of its errors is told.</summary>
public sealed class ConnectAttemptsTest
{
    private static readonly EndPoint Somewhere = new IPEndPoint(IPAddress.Loopback, 9);
    private static readonly DialOptions Slow = new() { ConnectionAttemptDelay = TimeSpan.FromHours(1) };

    [Fact]
    public void The_next_attempt_is_due_after_its_delay_or_when_the_newest_has_failed()
    {
        using var attempts = new ConnectAttempts([Somewhere, Somewhere, Somewhere], Slow);
        Assert.True(attempts.NextStart.HasPassed);

        Socket first = attempts.Start(out _)!;
        Assert.InRange(attempts.NextStart.Remaining, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));
        attempts.Fail(first, Error(SocketError.ConnectionRefused));
        Assert.True(attempts.NextStart.HasPassed);

        Socket second = attempts.Start(out _)!;
        Socket third = attempts.Start(out _)!;
        Assert.True(attempts.NextStart.IsNone);
        attempts.Fail(second, Error(SocketError.ConnectionRefused));
        attempts.ThrowIfAllFailed();
        Assert.Same(third, attempts.Keep(third));
    }

    [Fact]
    public void An_older_attempt_that_fails_does_not_hasten_the_next_one()
    {
        using var attempts = new ConnectAttempts([Somewhere, Somewhere, Somewhere], Slow);
        Socket first = attempts.Start(out _)!;
        attempts.Start(out _);

        attempts.Fail(first, Error(SocketError.ConnectionRefused));

        Assert.False(attempts.NextStart.HasPassed);
    }

    [Fact]
    public void A_full_backlog_is_tried_again_within_10_ms()
    {
        using var attempts = new ConnectAttempts([new UnixDomainSocketEndPoint("/nowhere")], Slow);
        Socket first = attempts.Start(out _)!;
        Assert.True(attempts.NextStart.IsNone);

        attempts.Fail(first, Error(SocketError.WouldBlock));

        attempts.ThrowIfAllFailed();
        Assert.InRange(attempts.NextStart.Remaining, TimeSpan.Zero, TimeSpan.FromMilliseconds(10));
        Assert.NotNull(attempts.Start(out _));
        Assert.IsType<TimeoutException>(attempts.TimedOut());
    }

    [Theory]
    [InlineData(true, SocketError.ConnectionRefused)]
    [InlineData(false, SocketError.WouldBlock)]
    public void Only_a_full_unix_backlog_is_retried(bool isUnix, SocketError error)
    {
        EndPoint endPoint = isUnix ? new UnixDomainSocketEndPoint("/nowhere") : Somewhere;
        using var attempts = new ConnectAttempts([endPoint], Slow);

        attempts.Fail(attempts.Start(out _), Error(error));

        Assert.Equal(error, Assert.Throws<SocketException>(attempts.ThrowIfAllFailed).SocketErrorCode);
    }

    [Fact]
    public void A_socket_that_cannot_be_configured_is_a_failed_attempt()
    {
        Socket? configured = null;
        using var attempts = new ConnectAttempts([Somewhere, Somewhere], Slow with
        {
            ConfigureSocket = socket =>
            {
                configured = socket;
                throw Error(SocketError.AccessDenied);
            },
        });

        Assert.Null(attempts.Start(out _));

        Assert.True(configured!.SafeHandle.IsClosed);
        Assert.True(attempts.NextStart.HasPassed);
        Assert.Null(attempts.Start(out _));
        Assert.Equal(
            SocketError.AccessDenied, Assert.Throws<SocketException>(attempts.ThrowIfAllFailed).SocketErrorCode);
    }

    [Theory]
    [InlineData(SocketError.ConnectionRefused, SocketError.ConnectionReset, SocketError.ConnectionReset)]
    [InlineData(SocketError.ConnectionReset, SocketError.ConnectionRefused, SocketError.ConnectionReset)]
    [InlineData(SocketError.TimedOut, SocketError.ConnectionRefused, SocketError.ConnectionRefused)]
    [InlineData(SocketError.HostUnreachable, SocketError.TimedOut, SocketError.TimedOut)]
    [InlineData(SocketError.NetworkUnreachable, SocketError.HostUnreachable, SocketError.NetworkUnreachable)]
    [InlineData(SocketError.AddressNotAvailable, SocketError.TimedOut, SocketError.TimedOut)]
    [InlineData(SocketError.AddressFamilyNotSupported, SocketError.TimedOut, SocketError.TimedOut)]
    public void The_most_specific_attempt_error_is_thrown(SocketError first, SocketError second, SocketError told)
    {
        using var attempts = new ConnectAttempts([Somewhere, Somewhere], Slow);
        attempts.Fail(attempts.Start(out _), Error(first));
        attempts.ThrowIfAllFailed();
        attempts.Fail(attempts.Start(out _), Error(second));

        Assert.Equal(told, Assert.Throws<SocketException>(attempts.ThrowIfAllFailed).SocketErrorCode);
    }

    [Theory]
    [InlineData(SocketError.ConnectionRefused, true)]
    [InlineData(SocketError.ConnectionReset, true)]
    [InlineData(SocketError.HostUnreachable, false)]
    public void A_refusal_or_reset_takes_precedence_over_a_timeout(SocketError error, bool isTold)
    {
        using var attempts = new ConnectAttempts([Somewhere, Somewhere], Slow);
        attempts.Fail(attempts.Start(out _), Error(error));
        attempts.Start(out _);

        Exception timedOut = attempts.TimedOut();

        Assert.Equal(isTold ? error : null, (timedOut as SocketException)?.SocketErrorCode);
        Assert.Equal(isTold, timedOut is not TimeoutException);
    }

    [Fact]
    public void Without_an_address_there_is_no_host() => Assert.Equal(
        SocketError.HostNotFound,
        Assert.Throws<SocketException>(() => new ConnectAttempts([], Slow).ThrowIfAllFailed()).SocketErrorCode);

    [Fact]
    public void Dispose_closes_all_attempts_except_the_kept_one()
    {
        var attempts = new ConnectAttempts([Somewhere, Somewhere, Somewhere], Slow);
        Socket failed = attempts.Start(out _)!;
        Socket kept = attempts.Start(out _)!;
        Socket left = attempts.Start(out _)!;
        attempts.Fail(failed, Error(SocketError.ConnectionRefused));
        attempts.Keep(kept);

        attempts.Dispose();

        Assert.True(failed.SafeHandle.IsClosed);
        Assert.True(left.SafeHandle.IsClosed);
        Assert.False(kept.SafeHandle.IsClosed);
        kept.Dispose();
    }

    private static SocketException Error(SocketError error) => new((int)error);
}
