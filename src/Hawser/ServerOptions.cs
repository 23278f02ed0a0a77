using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Hawser.Models;
using Hawser.Transports;

namespace Hawser;

/// <summary>Where a server listens and how it serves.</summary>
public sealed record ServerOptions
{
    /// <summary>Where to listen: <see cref="IPEndPoint"/>s and <see cref="UnixDomainSocketEndPoint"/>s. Port 0 lets the
    /// system choose, and after the first means the same port. <see cref="IPAddress.IPv6Any"/> includes IPv4. A socket
    /// file left by a dead server is replaced.</summary>
    public required IReadOnlyList<EndPoint> EndPoints { get; init; }

    /// <summary>Listening stream sockets to accept from, beside <see cref="EndPoints"/>: from systemd or from another
    /// server. Once started, the server owns them. Because another process may have them too, a stop does not shut them
    /// down: connections that arrive during the drain wait for the next server. The path of a Unix domain socket
    /// stays.</summary>
    public IReadOnlyList<Socket> Sockets { get; init; } = [];

    /// <summary>The permissions of the files of Unix domain sockets. Default: as the umask says. Unix only.</summary>
    public UnixFileMode? SocketMode { get; init; }

    /// <summary>The concurrency model.</summary>
    public required ConcurrencyModel Model { get; init; }

    /// <summary>Settings of the model.</summary>
    public ModelOptions ModelOptions { get; init; } = new();

    /// <summary>Connections that the kernel may hold before they are accepted. Default 512.</summary>
    public int Backlog { get; init; } = 512;

    /// <summary>Layers between the wire and the handler, the first one next to the wire:
    /// <see cref="Hawser.Layers.ProxyLayer"/>, <see cref="Hawser.Layers.TlsLayer"/>, shaping, recording. Each returns a
    /// transport over the one beneath, usually a <see cref="LayeredTransport"/>.</summary>
    /// <remarks>They run on the connection's thread. Together they have <see cref="ServerLimits.FirstByteTimeout"/>,
    /// which moving bytes do not extend; the limit of bytes counts those above the layers. A stop ends a connection
    /// from which they have received nothing. The token is <see cref="Connection.Aborted"/>. A layer that throws ends
    /// the connection as a handler does: a <see cref="ProtocolException"/> in order, anything else as a
    /// fault.</remarks>
    public IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>> Layers { get; init; } = [];

    /// <summary>Configures every listening socket before it is bound: keep-alive, buffer sizes. Connections inherit the
    /// settings.</summary>
    public Action<Socket>? ConfigureSocket { get; init; }

    /// <summary>The limits of the server.</summary>
    public ServerLimits Limits { get; init; } = new();

    /// <summary>Sets aside the descriptors of its <see cref="ServerLimits.Connections"/>, for a server that must answer
    /// while others of the process have used up theirs, as far as they are free at its start: start it before the
    /// others. All such servers together get at most a quarter of what connections may use. Default false.</summary>
    public bool ReservesDescriptors { get; init; }

    /// <summary>Each connection has a span while somebody listens to the <see cref="System.Diagnostics.ActivitySource"/>
    /// named Hawser. Default true.</summary>
    public bool HasSpans { get; init; } = true;

    /// <summary>Receives the server's events. The default discards them.</summary>
    public IServerObserver Observer { get; init; } = SilentObserver.Instance;

    /// <summary>Where the server creates its instruments (docs/guide/metrics.md); not disposed by it. One meter serves
    /// one server. Default: a meter <c>Hawser</c> with the attributes <c>server.address</c> and <c>server.port</c>,
    /// which the server disposes when it has stopped; none in a program with <c>EventSourceSupport</c> off, to which no
    /// tool can listen.</summary>
    public Meter? Meter { get; init; }

    /// <summary>The clock and timers of all timeouts, pauses and deadlines.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Runs work that belongs to no connection: the stop, and callbacks of cancelled tokens. Default: the
    /// thread pool.</summary>
    public TaskScheduler Scheduler { get; init; } = TaskScheduler.Default;

    internal int ReservedConnections => ReservesDescriptors ? Limits.Connections : 0;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(EndPoints);
        ArgumentNullException.ThrowIfNull(Model);
        ArgumentNullException.ThrowIfNull(ModelOptions);
        ArgumentNullException.ThrowIfNull(Limits);
        ArgumentNullException.ThrowIfNull(Observer);
        ArgumentNullException.ThrowIfNull(Layers);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(Scheduler);
        if (EndPoints.FirstOrDefault(where => where is not (IPEndPoint or UnixDomainSocketEndPoint)) is { } other)
            throw new ArgumentException($"cannot listen on {other}: expected an IPEndPoint or a "
                + "UnixDomainSocketEndPoint", nameof(EndPoints));
        ArgumentNullException.ThrowIfNull(Sockets);
        if (EndPoints.Count + Sockets.Count == 0)
            throw new ArgumentException("at least one endpoint or socket is required", nameof(EndPoints));
        ArgumentOutOfRangeException.ThrowIfLessThan(Backlog, 1);
        Limits.Validate();
        ModelOptions.Validate();
    }

    private sealed class SilentObserver : IServerObserver
    {
        public static readonly SilentObserver Instance = new();
    }
}
