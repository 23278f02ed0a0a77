using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Hawser.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Hawser.Kestrel;

/// <summary>One endpoint of Kestrel's: a server whose handler passes each connection to Kestrel.</summary>
internal sealed class HawserListener : IConnectionListener, IConnectionHandler
{
    // Kestrel has given up on the connections that are left. Those that are closing have their linger timeout.
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(5);

    private readonly Channel<HawserConnectionContext> _accepted =
        Channel.CreateUnbounded<HawserConnectionContext>(new UnboundedChannelOptions { SingleReader = true });

    private readonly ConcurrentDictionary<HawserConnectionContext, bool> _open = new();
    private readonly HawserTransportOptions _options;
    private readonly ILogger _logger;
    private readonly MemoryPool<byte> _pool;
    private readonly Server _server;

    /// <exception cref="ListenException">The address is not available.</exception>
    public HawserListener(
        EndPoint endPoint, HawserTransportOptions options, ILogger logger, IMemoryPoolFactory<byte>? pools)
    {
        _options = options;
        _logger = logger;
        _pool = pools?.Create() ?? MemoryPool<byte>.Shared;
        _server = Server.Start(this, options.ToServerOptions([endPoint], new LoggingObserver(logger)));
        _ = WatchAsync();
    }

    public EndPoint EndPoint => _server.EndPoints[0];

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_accepted.Reader.TryRead(out HawserConnectionContext? next))
                return next;
        }
        return null;
    }

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        var context = new HawserConnectionContext(connection, _options, _pool, _logger);
        _open[context] = true;
        try
        {
            if (_accepted.Writer.TryWrite(context))
                await context.RunAsync();
            else
                connection.Abort();
        }
        finally
        {
            _open.TryRemove(context, out _);
        }
        // A connection at rest when the server stops is closed without waiting for the peer's FIN.
        if (stopping.IsCancellationRequested)
            await connection.WaitForInputAsync();
    }

    /// <summary>Closes the port. Open connections continue until Kestrel closes them.</summary>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _ = _server.StopAsync();
        _accepted.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        foreach (HawserConnectionContext context in _open.Keys)
            context.Abort(new ConnectionAbortedException("the server has stopped"));
        using var late = new CancellationTokenSource(LastWait);
        await _server.StopAsync(late.Token);
        await _server.DisposeAsync();
        _pool.Dispose();
    }

    /// <summary>Tells Kestrel if the server cannot accept any more.</summary>
    private async Task WatchAsync()
    {
        await _server.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _accepted.Writer.TryComplete(_server.Completion.Exception?.InnerException);
    }
}
