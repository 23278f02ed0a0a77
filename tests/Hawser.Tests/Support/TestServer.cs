using System.Net;
using Hawser.Models;
using Xunit;
using Xunit.Sdk;

namespace Hawser.Tests.Support;

/// <summary>A server on the loopback interface, at a port of the system's choice, with an observer that
/// remembers.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly bool _hasOwnTime;

    private TestServer(Server server, RecordingObserver observer, bool hasOwnTime)
    {
        Server = server;
        Observer = observer;
        _hasOwnTime = hasOwnTime;
    }

    public Server Server { get; }

    public RecordingObserver Observer { get; }

    public EndPoint EndPoint => Server.EndPoints[0];

    /// <summary>How many waiting peers and how much time the tests' servers allow at their stop: little, because an
    /// idle peer must not need it, unless a test says otherwise.</summary>
    public static ServerLimits Limits { get; } = new()
    {
        DrainTimeout = TimeSpan.FromSeconds(2),
        LingerTimeout = TimeSpan.FromSeconds(20),
    };

    public static TestServer Start(
        string model, Func<Connection, Task> handle, Func<ServerOptions, ServerOptions>? with = null) =>
        Start(ConcurrencyModels.Get(model), new LambdaHandler(handle), with);

    public static TestServer Start(
        string model, Func<Connection, CancellationToken, Task> handle, Func<ServerOptions, ServerOptions>? with = null) =>
        Start(ConcurrencyModels.Get(model), new LambdaHandler(handle), with);

    public static TestServer Start(
        ConcurrencyModel model, IConnectionHandler handler, Func<ServerOptions, ServerOptions>? with = null)
    {
        var observer = new RecordingObserver();
        var options = new ServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = model,
            Limits = Limits,
            Observer = observer,
            Layers = TestVariant.Layers,
        };
        options = with is null ? options : with(options);
        return new TestServer(
            Server.Start(handler, options), observer, hasOwnTime: options.TimeProvider != TimeProvider.System);
    }

    public Task<RawClient> ConnectAsync(int receiveBufferBytes = 0) => RawClient.ConnectAsync(
        EndPoint, receiveBufferBytes, aboveTls: TestVariant.IsTls);

    public async ValueTask DisposeAsync()
    {
        // Nothing moves the test's clock any more, and no drain time passes.
        if (_hasOwnTime)
        {
            foreach (Connection connection in Observer.AcceptedOnes)
                connection.Abort();
        }
        await Server.DisposeAsync().AsTask().Bounded();
        // An assertion that fails in a handler is a fault of the server's: it fails the test wherever it comes.
        Assert.DoesNotContain(Observer.Faults, fault => fault is IAssertionException);
    }
}
