using System.Net;
using System.Net.Sockets;
using Hawser.Accepting;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class ListenerSetTest
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    [Fact]
    public void Several_listeners_take_turns()
    {
        using ListenerSet one = ListenerSet.Open([AnyPort], backlog: 16);
        int port = ((IPEndPoint)one.EndPoints[0]).Port;
        using ListenerSet set = ListenerSet.Open([AnyPort, new IPEndPoint(IPAddress.Parse("127.0.0.2"), port)], backlog: 16);
        set.Places = 100;
        List<Socket> clients = [.. set.EndPoints.SelectMany(where => Enumerable.Range(0, 3).Select(_ => Connect(where)))];

        List<int> accepted = [.. Enumerable.Range(0, 6).Select(_ => TakeNext(set))];

        Assert.Equal(2, accepted.Distinct().Count());
        Assert.All(accepted.Zip(accepted.Skip(1)), pair => Assert.NotEqual(pair.First, pair.Second));
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public void Accept_finds_the_connection_on_any_listener()
    {
        using ListenerSet one = ListenerSet.Open([AnyPort], backlog: 16);
        int port = ((IPEndPoint)one.EndPoints[0]).Port;
        using ListenerSet set = ListenerSet.Open(
            [.. Enumerable.Range(2, 3).Select(n => new IPEndPoint(IPAddress.Parse($"127.0.0.{n}"), port))], backlog: 16);
        set.Places = 100;
        foreach (int listener in (int[])[2, 2, 0, 1, 1, 0])
        {
            using Socket client = Connect(set.EndPoints[listener]);
            Assert.True(set.TryAccept(out AcceptedSocket accepted));
            Assert.Equal(set.EndPoints[listener], accepted.Socket.LocalEndPoint);
            accepted.Socket.Dispose();
        }
    }

    [Fact]
    public void No_connection_is_accepted_without_a_place()
    {
        using ListenerSet set = ListenerSet.Open([AnyPort], backlog: 16);
        set.Places = 1;
        using Socket first = Connect(set.EndPoints[0]);
        using Socket second = Connect(set.EndPoints[0]);

        TakeNext(set);
        Assert.False(set.TryAccept(out _));
        set.ReturnPlace();
        TakeNext(set);
        Assert.False(set.HasPlace);
    }

    [Fact]
    public void After_the_close_TryAccept_fails_and_Accept_is_cancelled()
    {
        using ListenerSet set = ListenerSet.Open([AnyPort], backlog: 16);
        set.Places = 1;
        using Socket client = Connect(set.EndPoints[0]);

        set.Close();

        Assert.False(set.TryAccept(out _));
        Assert.Throws<OperationCanceledException>(() => set.Accept(CancellationToken.None));
    }

    [Fact]
    public async Task The_close_ends_a_wait_under_way()
    {
        for (int i = 0; i < 50; i++)
        {
            using ListenerSet set = ListenerSet.Open([AnyPort], backlog: 16);
            set.Places = 1;
            Task waiting = Task.Factory.StartNew(
                () => set.Accept(CancellationToken.None), CancellationToken.None, TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
            // Before, at the beginning of, and during its wait.
            Thread.SpinWait(1_000 * i);

            set.Close();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Bounded());
        }
    }

    /// <summary>Until then whoever begins to accept is not kept from what it has accepted.</summary>
    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void The_rest_of_a_burst_is_waited_for_where_the_backlog_is_64_or_less(int backlog, bool isWaitedFor)
    {
        using ListenerSet set = ListenerSet.Open([AnyPort], backlog);
        set.Places = 1;
        Assert.False(set.HasMoreOfBurst());
        using Socket first = Connect(set.EndPoints[0]);
        using Socket second = Connect(set.EndPoints[0]);

        Assert.Equal(isWaitedFor, set.HasMoreOfBurst());
        TakeNext(set);
        Assert.False(set.HasMoreOfBurst());
    }

    [Fact]
    public void While_memory_is_short_connections_are_taken_only_to_be_shed()
    {
        using ListenerSet set = ListenerSet.Open([AnyPort], backlog: 16);
        set.Places = 1;
        set.IsShortOfMemory = () => true;
        using Socket client = Connect(set.EndPoints[0]);

        var error = Assert.Throws<SocketException>(() => set.TryAccept(out _));
        Assert.Equal(SocketError.NoBufferSpaceAvailable, error.SocketErrorCode);
        Assert.True(set.TryTakeWaiting(out AcceptedSocket waiting));
        waiting.Socket.Dispose();

        Assert.False(set.HasPlace);
        set.ReturnPlace();
    }

    /// <summary>Only the accepting call ends the pause that the thread makes after an error.</summary>
    [Fact]
    public async Task An_error_of_the_accepting_thread_is_not_taken_as_a_connection_to_be_shed()
    {
        using ListenerSet set = ListenerSet.Open([AnyPort], backlog: 16);
        set.Places = 1;
        set.IsShortOfMemory = () => true;
        using var stop = new CancellationTokenSource();
        EagerAcceptor acceptor = EagerAcceptor.Start(set, stop.Token);
        using Socket client = Connect(set.EndPoints[0]);
        await Patience.UntilAsync(() => acceptor.IsResting);

        for (int i = 0; i < 1_000; i++)
            Assert.False(acceptor.TryTake(out _));

        await Assert.ThrowsAsync<SocketException>(() => acceptor.TakeAsync().AsTask().Bounded());
        set.IsShortOfMemory = () => false;
        (await acceptor.TakeAsync().AsTask().Bounded()).Socket.Dispose();
        await stop.CancelAsync();
    }

    [Fact]
    public void A_freed_place_is_signalled_if_there_was_none()
    {
        using ListenerSet set = ListenerSet.Open([AnyPort], backlog: 16);
        int told = 0;
        set.PlaceReturned += () => told++;
        set.Places = 0;

        set.ReturnPlace();
        Assert.Equal(1, told);
        set.ReturnPlace();
        Assert.Equal(1, told);
    }

    [Fact]
    public void Accepting_is_signalled_once()
    {
        using ListenerSet set = ListenerSet.Open([AnyPort], backlog: 16);
        int told = 0;
        set.Accepting = () => told++;

        Assert.False(set.TryTakeWaiting(out _));
        Assert.Equal(0, told);
        Assert.False(set.TryAccept(out _));
        Assert.False(set.TryAccept(out _));

        Assert.Equal(1, told);
    }

    [Fact]
    public void A_thread_that_waits_takes_what_comes_and_ends_when_it_is_cancelled()
    {
        using ListenerSet set = ListenerSet.Open([AnyPort], backlog: 16);
        set.Places = 2;
        using Socket client = Connect(set.EndPoints[0]);
        using var stop = new CancellationTokenSource();

        using Socket accepted = set.Accept(stop.Token).Socket;
        stop.CancelAfter(1);

        Assert.Equal(client.LocalEndPoint, accepted.RemoteEndPoint);
        Assert.Throws<OperationCanceledException>(() => set.Accept(stop.Token));
    }

    /// <returns>The local port that it came to.</returns>
    private static int TakeNext(ListenerSet set)
    {
        Assert.True(set.TryAccept(out AcceptedSocket accepted));
        using (accepted.Socket)
            return ((IPEndPoint)accepted.Socket.LocalEndPoint!).Port;
    }

    private static Socket Connect(EndPoint where)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(where);
        return client;
    }
}
