using Hawser.Models;

namespace Hawser.Services;

/// <summary>A service as the program, the demo and the tests see it.</summary>
public abstract class Service
{
    /// <summary>Its name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>One line for the help.</summary>
    public abstract string Summary { get; }

    /// <summary>The port it listens on by default.</summary>
    public abstract int DefaultPort { get; }

    /// <summary>The lowest port allowed. Port 0, any free port, is always allowed.</summary>
    public virtual int LowestPort => 0;

    /// <summary>The address it listens on by default.</summary>
    public virtual string DefaultHost => "0.0.0.0";

    /// <summary>Its default concurrency model.</summary>
    public virtual string DefaultModel => "threads";

    /// <summary>Its default backlog: connections that the kernel may hold before they are accepted.</summary>
    public virtual int DefaultBacklog => 512;

    /// <summary>The port is an argument on the command line, not an option, as the exercise has it.</summary>
    public virtual bool PortIsArgument => false;

    /// <summary>Arguments after the port.</summary>
    public virtual IReadOnlyList<ServiceOption> Arguments => [];

    /// <summary>Its own options, beyond those of every service.</summary>
    public virtual IReadOnlyList<ServiceOption> Options => [];

    /// <summary>It writes its results to the standard output as bytes, so nothing else may.</summary>
    public virtual bool OwnsOutput => false;

    /// <summary>Its clients may have to show a shared secret.</summary>
    public virtual bool TakesToken => false;

    /// <summary>Its default limits.</summary>
    public virtual ServerLimits DefaultLimits => new();

    /// <summary>The models that the demo runs it under.</summary>
    public virtual IEnumerable<ConcurrencyModel> DemoModels => [ConcurrencyModels.Get(DefaultModel)];

    /// <summary>Checks what no option can check alone: that the settings agree.</summary>
    /// <exception cref="FormatException">They contradict each other; names the option.</exception>
    public virtual void Check(ServiceSettings settings)
    {
    }

    /// <summary>Creates the handler of one server. A disposable handler is disposed when the server has
    /// stopped.</summary>
    /// <param name="settings">Settings that <see cref="Check"/> accepts.</param>
    /// <param name="environment">What the handler works with.</param>
    public abstract IConnectionHandler CreateHandler(ServiceSettings settings, ServiceEnvironment environment);

    /// <summary>Where it writes, printed at the start: an absolute path or the standard output; null if
    /// nowhere.</summary>
    public virtual string? Destination(ServiceSettings settings) => null;

    /// <summary>Its limits on any client, one line printed at the start; null if it has none.</summary>
    public virtual string? DescribeBounds(ServiceSettings settings) => null;

    /// <summary>Runs the service's clients against a server under the given model and checks every byte that
    /// arrives.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">An empty working folder.</param>
    public abstract Task<IReadOnlyList<Demonstration>> DemonstrateAsync(ConcurrencyModel model, string folder);
}
