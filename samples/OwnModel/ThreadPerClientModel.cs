using System.Net;
using Hawser;
using Hawser.Models;
using Hawser.Transports;

namespace OwnModel;

/// <summary>A thread for each client address. However many connections a client opens, they share its one thread: one
/// is served, a few wait, the rest are reset. Other clients do not notice.</summary>
public sealed class ThreadPerClientModel : IConcurrencyModel
{
    /// <summary>Connections of one client that wait for the one that is served.</summary>
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
        // The server counts a connection until it was served. Serving one that was aborted ends at once.
        accepted.Abort();
        return new ValueTask(serve());
    }

    /// <returns>Null when the system has no thread left.</returns>
    private Client? TryStart(IPAddress address)
    {
        var line = new Queue<Func<Task>>();
        try
        {
            // It waits for the gate, and by then its first connection stands in the line.
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
