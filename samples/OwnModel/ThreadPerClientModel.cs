using System.Net;
using Hawser;
using Hawser.Models;
using Hawser.Transports;

namespace OwnModel;

/// <summary>One thread per client address. All connections of a client share its thread: one is served, a few wait, the
/// rest are reset. Other clients are unaffected.</summary>
public sealed class ThreadPerClientModel : IConcurrencyModel
{
    /// <summary>The maximum number of a client's connections waiting for its thread.</summary>
    public const int LongestLine = 16;

    private readonly Dictionary<IPAddress, Client> _clients = [];
    private readonly Lock _gate = new();

    /// <summary>The entry for <see cref="ServerOptions.Model"/>.</summary>
    public static ConcurrencyModel Entry { get; } =
        new("per-client", "a thread for each client address", _ => new ThreadPerClientModel())
        {
            BlocksItsThread = true,
        };

    /// <inheritdoc/>
    public async Task RunAsync(Func<Task> life)
    {
        await ModelThread.Start("accept", life);
        Task[] last;
        lock (_gate)
            last = [.. _clients.Values.Select(client => client.Thread)];
        await Task.WhenAll(last);
    }

    /// <inheritdoc/>
    public ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
        new(SocketTransports.Blocking(listeners.Accept(stopping)));

    /// <inheritdoc/>
    public ValueTask AdmitAsync(Transport accepted, Func<Task> serve)
    {
        // Clients without an address (Unix domain sockets) count as one.
        IPAddress address = (accepted.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        lock (_gate)
        {
            if (!_clients.TryGetValue(address, out Client? client))
                client = TryStart(address);
            if (client?.Line.Count < LongestLine)
            {
                client.Line.Enqueue(serve);
                return ValueTask.CompletedTask;
            }
        }
        // The server counts a connection until it has been served. Serving an aborted one ends at once.
        accepted.Abort();
        return new ValueTask(serve());
    }

    /// <returns>Null if the system has no thread left.</returns>
    private Client? TryStart(IPAddress address)
    {
        var line = new Queue<Func<Task>>();
        try
        {
            // The thread waits for the gate; by then its first connection is queued.
            var client = new Client(line, ModelThread.Start($"client {address}", () => ServeAsync(address, line)));
            _clients.Add(address, client);
            return client;
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    private async Task ServeAsync(IPAddress address, Queue<Func<Task>> line)
    {
        while (TryTake(address, line) is { } serve)
            await serve();
    }

    private Func<Task>? TryTake(IPAddress address, Queue<Func<Task>> line)
    {
        lock (_gate)
        {
            if (!line.TryDequeue(out Func<Task>? serve))
                _clients.Remove(address);
            return serve;
        }
    }

    private sealed record Client(Queue<Func<Task>> Line, Task Thread);
}
