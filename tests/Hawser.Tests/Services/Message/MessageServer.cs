using System.Net;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Message;
using Hawser.Tests.Support;

namespace Hawser.Tests.Services.Message;

/// <summary>A message server on a port of its own, whose output and complaints can be waited for.</summary>
internal sealed class MessageServer : IAsyncDisposable
{
    private readonly MessageHandler _handler;
    private readonly Server _server;
    private readonly TaskCompletionSource<string> _failed = new();
    private int _failures;

    public MessageServer(string model, MessageOptions? options = null, TimeSpan? drain = null)
    {
        var environment = new ServiceEnvironment
        {
            Log = TextWriter.Null,
            Errors = Errors,
            Output = Output,
            Fail = why =>
            {
                Interlocked.Increment(ref _failures);
                _failed.SetResult(why);
            },
        };
        _handler = new MessageHandler(options ?? new MessageOptions(), environment);
        _server = Server.Start(_handler, new ServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = ConcurrencyModels.Get(model),
            // Every sender of these tests has a thread, so that none waits for another.
            ModelOptions = new ModelOptions { Threads = 32 },
            Limits = new ServerLimits { DrainTimeout = drain ?? new ServerLimits().DrainTimeout },
            Observer = Observer,
        });
    }

    public RecordedOutput Output { get; } = new();

    public LineRecorder Errors { get; } = new();

    public RecordingObserver Observer { get; } = new();

    /// <summary>Why the service gave up.</summary>
    public Task<string> Failed => _failed.Task.Bounded();

    public int Failures => Volatile.Read(ref _failures);

    public EndPoint EndPoint => _server.EndPoints[0];

    public Task<RawPeer> ConnectAsync() => RawPeer.ConnectAsync(EndPoint);

    /// <summary>Sends a message with the real client; done when the server has closed.</summary>
    public async Task SendAsync(byte[] message)
    {
        if (!await MessageClient.SendAsync(EndPoint, new MemoryStream(message), Patience.Limit).Bounded())
            throw new TimeoutException("the server did not close");
    }

    public Task StopAsync() => _server.StopAsync().Bounded();

    public async ValueTask DisposeAsync()
    {
        Output.Unblock();
        await _server.DisposeAsync();
        await _handler.DisposeAsync();
        await Output.DisposeAsync();
    }
}
