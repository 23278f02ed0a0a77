using System.Net.Sockets;
using Hawser.EventLoops;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class WakeSocketTest
{
    [Fact]
    public void A_wake_socket_is_readable_from_a_signal_to_its_clear()
    {
        using var wake = new WakeSocket();
        Assert.False(wake.Socket.Poll(0, SelectMode.SelectRead));
        for (int i = 0; i < 3; i++)
        {
            wake.Signal();
            wake.Signal();
            Assert.True(wake.Socket.Poll(TimeSpan.FromSeconds(30), SelectMode.SelectRead));
            wake.Clear();
            Assert.False(wake.Socket.Poll(0, SelectMode.SelectRead));
        }
    }

    /// <summary>A signal may arrive in the middle of a clear; the next one must still wake the poller.</summary>
    [Fact]
    public async Task A_signal_during_a_clear_does_not_suppress_the_next()
    {
        using var wake = new WakeSocket();
        using var over = new CancellationTokenSource();
        Task signals = Task.Run(() =>
        {
            while (!over.IsCancellationRequested)
                wake.Signal();
        });
        for (int i = 0; i < 20_000; i++)
        {
            Assert.True(wake.Socket.Poll(Patience.Limit, SelectMode.SelectRead), "a signal was not heard");
            wake.Clear();
        }
        await over.CancelAsync();
        await signals.Bounded();
    }

    [Fact]
    public void A_signal_to_a_disposed_wake_socket_is_ignored()
    {
        var wake = new WakeSocket();
        wake.Dispose();
        wake.Signal();
    }
}
