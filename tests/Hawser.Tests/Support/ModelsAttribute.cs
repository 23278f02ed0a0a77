using System.Reflection;
using Hawser.Models;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace Hawser.Tests.Support;

/// <summary>Runs a theory under every available model of a kind. The theory takes the model's
/// name.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ModelsAttribute(ModelKind kind) : DataAttribute
{
    public ModelsAttribute() : this(ModelKind.Every)
    {
    }

    public ModelKind Kind { get; } = kind;

    /// <summary>A model to which the promise does not apply; the test says why.</summary>
    public string? Except { get; init; }

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(
        MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([.. ConcurrencyModels.All.Where(IsMeant).Select(model => new TheoryDataRow<string>(model.Name))]);

    public override bool SupportsDiscoveryEnumeration() => true;

    private bool IsMeant(ConcurrencyModel model) => model.IsAvailable && model.Name != Except && Kind switch
    {
        ModelKind.Concurrent => model.IsConcurrent,
        ModelKind.KeepsThread => model.KeepsThread,
        ModelKind.Blocking => model.BlocksItsThread,
        ModelKind.ConcurrentBlocking => model.BlocksItsThread && model.IsConcurrent,
        ModelKind.Loop => !model.BlocksItsThread && model.KeepsThread,
        ModelKind.NotBlocking => !model.BlocksItsThread,
        _ => true,
    };
}
