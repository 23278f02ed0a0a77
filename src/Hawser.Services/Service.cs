using System.Net;
using Hawser.Models;

namespace Hawser.Services;

/// <summary>An entry of the catalog: all that the program, the demo and the tests need to know of a service.</summary>
public abstract class Service
{
    /// <summary>What it is called on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What it does, in one line.</summary>
    public abstract string Summary { get; }

    /// <summary>The port it is known by.</summary>
    public abstract int DefaultPort { get; }

    /// <summary>The lowest port it may be given; 0, for a port of the system's choice, is always allowed.</summary>
    public virtual int LowestPort => 0;

    /// <summary>Where it listens unless told otherwise.</summary>
    public virtual string DefaultHost => "0.0.0.0";

    /// <summary>The model it runs under unless told otherwise.</summary>
    public virtual string DefaultModel => "threads";

    /// <summary>Connections that the kernel may hold before they are accepted, unless told otherwise.</summary>
    public virtual int DefaultBacklog => 512;

    /// <summary>The port, and whatever else, stands without a name on the command line, as the exercise has
    /// it.</summary>
    public virtual bool PortIsArgument => false;

    /// <summary>Values that stand without a name, after the port.</summary>
    public virtual IReadOnlyList<ServiceOption> Arguments => [];

    /// <summary>Its options, beside those that every service has.</summary>
    public virtual IReadOnlyList<ServiceOption> Options => [];

    /// <summary>Its results go to the standard output as bytes, so that nothing else may.</summary>
    public virtual bool OwnsOutput => false;

    /// <summary>The limits it runs with unless told otherwise.</summary>
    public virtual ServerLimits DefaultLimits => new();

    /// <summary>The models under which the demo shows it.</summary>
    public virtual IEnumerable<ConcurrencyModel> DemoModels => [ConcurrencyModels.Get(DefaultModel)];

    /// <summary>Makes the handler for one server. If it is disposable it is disposed when the server has
    /// stopped.</summary>
    /// <exception cref="FormatException">Settings that contradict each other.</exception>
    public abstract IConnectionHandler CreateHandler(ServiceSettings settings, ServiceEnvironment environment);

    /// <summary>What it takes at most from whoever reaches its address, in one line, said when it starts; null where there
    /// is nothing to say.</summary>
    public virtual string? DescribeBounds(ServiceSettings settings) => null;

    /// <summary>Runs the service's real clients against a real server under the given model, and checks every byte that
    /// came.</summary>
    /// <param name="model">The model to show.</param>
    /// <param name="folder">An empty folder to work in.</param>
    public abstract Task<IReadOnlyList<Demonstration>> DemonstrateAsync(ConcurrencyModel model, string folder);

    /// <summary>Where it listens by default, on the loopback interface, at a port that the system chooses.</summary>
    protected static IPEndPoint AnyLoopbackPort => new(IPAddress.Loopback, 0);
}
