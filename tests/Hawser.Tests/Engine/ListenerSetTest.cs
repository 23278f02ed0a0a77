using System.Net;
using System.Net.Sockets;
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
