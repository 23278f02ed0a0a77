using System.Net;
using System.Net.Sockets;
using Hawser.Models;
using Hawser.Transports;

namespace Hawser.Hosting;

/// <summary>How a server serves: <see cref="ServerOptions"/> with setters, for configuration by delegates and
/// files.</summary>
public abstract class EngineOptions
{
    /// <summary>Sets the defaults.</summary>
    protected EngineOptions()
    {
    }

    /// <summary>The name of a model of <see cref="ConcurrencyModels"/>. Default <c>epoll</c> on Linux, else
    /// <c>async</c>.</summary>
    public string Model { get; set; } = OperatingSystem.IsLinux() ? "epoll" : "async";

    /// <summary>A model that is not in the list; replaces <see cref="Model"/>.</summary>
    public ConcurrencyModel? CustomModel { get; set; }

    /// <summary>Settings of the model.</summary>
    public ModelOptions ModelOptions { get; set; } = new();

    /// <inheritdoc cref="ServerOptions.Backlog"/>
    public int Backlog { get; set; } = 512;

    /// <summary>The limits of the server.</summary>
    public ServerLimits Limits { get; set; } = new();

    /// <inheritdoc cref="ServerOptions.Layers"/>
    public IList<Func<Transport, CancellationToken, ValueTask<Transport>>> Layers { get; } = [];

    /// <inheritdoc cref="ServerOptions.ConfigureSocket"/>
    public Action<Socket>? ConfigureSocket { get; set; }

    /// <summary>The options of a server at these addresses.</summary>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    public ServerOptions ToServerOptions(IReadOnlyList<EndPoint> endPoints, IServerObserver observer) => new()
    {
        EndPoints = endPoints,
        Model = CustomModel ?? ConcurrencyModels.Get(Model),
        ModelOptions = ModelOptions,
        Backlog = Backlog,
        Limits = Limits,
        Layers = [.. Layers],
        ConfigureSocket = ConfigureSocket,
        Observer = observer,
    };
}
