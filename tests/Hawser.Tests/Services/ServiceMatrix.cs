using Hawser.Models;
using Hawser.Services;
using Xunit;

namespace Hawser.Tests.Services;

/// <summary>The two lists, and what the theories make of them.</summary>
public static class ServiceMatrix
{
    private static IEnumerable<ConcurrencyModel> Models => ConcurrencyModels.All.Where(model => model.IsAvailable);

    /// <summary>Every model of this platform.</summary>
    public static TheoryData<string> AllModels => [.. Models.Select(model => model.Name)];

    /// <summary>Every model of this platform that serves several connections at once.</summary>
    public static TheoryData<string> ConcurrentModels =>
        [.. Models.Where(model => model.IsConcurrent).Select(model => model.Name)];

    /// <summary>Every service under every model of this platform.</summary>
    public static TheoryData<string, string> EveryServiceUnderEveryModel
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (Service service in ServiceCatalog.All)
            {
                foreach (ConcurrencyModel model in Models)
                    all.Add(service.Name, model.Name);
            }
            return all;
        }
    }
}
