using System.Net.Sockets;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Engine;

/// <summary>Dialing a Unix domain socket whose backlog is full.</summary>
public sealed class UnixDialTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Socket _filler = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly UnixDomainSocketEndPoint _endPoint;

    public UnixDialTest()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a full backlog answers differently elsewhere");
        _endPoint = new UnixDomainSocketEndPoint(_folder["socket"]);
        _listener.Bind(_endPoint);
        _listener.Listen(0);
        _filler.Connect(_endPoint);
    }

    public void Dispose()
    {
        _filler.Dispose();
        _listener.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_unix_dial_waits_for_room_in_the_backlog(bool blocking)
    {
        var waits = new TaskCompletionSource();
        int attempts = 0;
        Task<Connection> dialing = DialAsync(blocking, new DialOptions
        {
            Timeout = Patience.Limit,
            ConfigureSocket = _ =>
            {
                if (++attempts == 2)
                    waits.SetResult();
            },
        });
        await Task.WhenAny(waits.Task, dialing).Bounded();
        Assert.False(dialing.IsCompleted);

        using Socket filler = await _listener.AcceptAsync().Bounded();

        using Connection connection = await dialing.Bounded();
        using Socket accepted = await _listener.AcceptAsync().Bounded();
        await accepted.SendAsync("x"u8.ToArray()).Bounded();
        Assert.True(await connection.TryReadExactlyAsync(new byte[1]).AsTask().Bounded());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_unix_dial_ends_at_the_timeout(bool blocking)
    {
        var error = await Assert.ThrowsAsync<ConnectException>(
            () => DialAsync(blocking, new DialOptions { Timeout = TimeSpan.FromMilliseconds(50) }));

        Assert.StartsWith("no answer from ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_unix_dial_can_be_cancelled(bool blocking)
    {
        using var cancel = new CancellationTokenSource();
        var options = new DialOptions
        {
            Timeout = Timeout.InfiniteTimeSpan,
            ConfigureSocket = _ => cancel.CancelAfter(TimeSpan.FromMilliseconds(1)),
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DialAsync(blocking, options, cancel.Token));
    }

    private Task<Connection> DialAsync(bool blocking, DialOptions options, CancellationToken cancel = default) =>
        (blocking
            ? Task.Run(() => Dialer.Connect(_endPoint, options, cancel), CancellationToken.None)
            : Dialer.ConnectAsync(_endPoint, options, cancel)).Bounded();
}
