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

    public MessageServer(
        string model, MessageOptions? options = null, TimeSpan? drain = null, TimeSpan? idle = null,
        long bytesPerConnection = long.MaxValue)
    {
        var limits = new ServerLimits();
        var environment = new ServiceEnvironment
        {
            Log = TextWriter.Null,
            Events = Events,
            Errors = Errors,
            Output = Output,
            Fail = why =>
            {
                Interlocked.Increment(ref _failures);
                _failed.SetResult(why);
            },
        };
        _handler = new MessageHandler(options ?? new MessageOptions(), environment);
        _server = Server.Start(new LambdaHandler((connection, stopping) =>
        {
            Stopping = stopping;
            return _handler.HandleAsync(connection, stopping);
        }), new ServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = ConcurrencyModels.Get(model),
            // Every sender of these tests has a thread, so that none waits for another.
            ModelOptions = new ModelOptions { Threads = 32 },
            Limits = limits with
            {
                DrainTimeout = drain ?? limits.DrainTimeout,
                IdleTimeout = idle ?? limits.IdleTimeout,
                BytesPerConnection = bytesPerConnection,
            },
            Observer = Observer,
        });
    }

    public RecordedOutput Output { get; } = new();

    public LineRecorder Events { get; } = new();

    public LineRecorder Errors { get; } = new();

    public RecordingObserver Observer { get; } = new();

    /// <summary>Why the service gave up.</summary>
    public Task<string> Failed => _failed.Task.Bounded();

    public int Failures => Volatile.Read(ref _failures);

    /// <summary>The token that the handler was given with the last connection.</summary>
    public CancellationToken Stopping { get; private set; }

    public EndPoint EndPoint => _server.EndPoints[0];

    public Task<RawPeer> ConnectAsync() => RawPeer.ConnectAsync(EndPoint);

    /// <summary>A sender whose message streams: the output has all that it has sent.</summary>
    public async Task<RawPeer> StreamAsync(ReadOnlyMemory<byte> beginning)
    {
        RawPeer sender = await ConnectAsync();
        await sender.SendAsync(beginning);
        await Output.LongerThanAsync(beginning.Length - 1);
        return sender;
    }

    /// <summary>Sends a message with the real client; done when the server has closed.</summary>
    public async Task SendAsync(byte[] message)
    {
        if (!await MessageClient.SendAsync(EndPoint, new MemoryStream(message), Patience.Limit).Bounded())
            throw new TimeoutException("the server did not close");
    }

    /// <summary>Waits until so many bytes of a connection, counted from 1, are received.</summary>
    public Task ReceivedAsync(int connection, long bytes) => Patience.UntilAsync(
        () => Observer.AcceptedOnes.Any(one => one.Id == connection && one.BytesReceived >= bytes));

    public Task StopAsync() => _server.StopAsync().Bounded();

    /// <summary>Stops, and ends the handler, as the program does.</summary>
    public async Task<DrainReport> EndAsync()
    {
        DrainReport report = await _server.StopAsync().Bounded();
        await _handler.DisposeAsync().AsTask().Bounded();
        return report;
    }

    public async ValueTask DisposeAsync()
    {
        Output.Unblock();
        await _server.DisposeAsync();
        await _handler.DisposeAsync();
        await Output.DisposeAsync();
    }
}
