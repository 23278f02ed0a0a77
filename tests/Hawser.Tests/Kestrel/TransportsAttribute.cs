using System.Reflection;
using Hawser.Models;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace Hawser.Tests.Kestrel;

/// <summary>Runs a theory under Kestrel's own transport and under every available model, so that the former says what
/// ASP.NET Core expects.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TransportsAttribute : DataAttribute
{
    /// <summary>Only those that serve several connections at once.</summary>
    public bool Concurrent { get; init; }

    /// <summary>Also those that run requests on an event loop.</summary>
    public bool Inline { get; init; } = true;

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(
        MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        IEnumerable<string> models = ConcurrencyModels.All
            .Where(model => model.IsAvailable && (model.IsConcurrent || !Concurrent))
            .SelectMany(model => model.BlocksItsThread || !model.KeepsThread || !Inline
                ? (string[])[model.Name]
                : [model.Name, model.Name + KestrelHost.Inline]);
        return new([.. models.Prepend(KestrelHost.Stock).Select(name => new TheoryDataRow<string>(name))]);
    }

    public override bool SupportsDiscoveryEnumeration() => true;
}
