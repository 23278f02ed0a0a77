using Hawser.Models;
using Hawser.Services;
using Xunit;

namespace Hawser.Tests.Services;

public sealed class EveryServiceTest
{
    [Theory]
    [MemberData(nameof(ServiceMatrix.EveryServiceUnderEveryModel), MemberType = typeof(ServiceMatrix))]
    public async Task Every_service_proves_itself_under_every_model(string service, string model)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("hawser-test-");
        try
        {
            IReadOnlyList<Demonstration> shown = await ServiceCatalog.All.Single(entry => entry.Name == service)
                .DemonstrateAsync(ConcurrencyModels.Get(model), folder.FullName);

            Assert.NotEmpty(shown);
            Assert.All(shown, demonstration => Assert.Null(demonstration.Difference));
            Assert.All(shown, demonstration => Assert.True(demonstration.Bytes > 0));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Every_service_has_its_own_name_and_port()
    {
        Assert.Distinct(ServiceCatalog.All.Select(service => service.Name));
        Assert.Distinct(ServiceCatalog.All.Select(service => service.DefaultPort));
    }

    [Fact]
    public void Every_default_of_an_option_is_a_value_of_it()
    {
        foreach (ServiceOption option in ServiceCatalog.All.SelectMany(service => service.Options))
        {
            if (option.DefaultText is { } text)
                Assert.NotNull(option.ParseValue(text));
        }
    }
}
