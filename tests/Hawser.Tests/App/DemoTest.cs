using Hawser.Models;
using Hawser.Services;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

public sealed class DemoTest
{
    [Fact]
    public async Task The_demo_shows_every_service_and_verifies_every_line()
    {
        ProgramResult result = await ProgramProcess.RunAsync("demo");

        result.IsDone();
        string[] lines = result.Text.Split('\n')[..^1];
        Assert.Matches(@"\Aservice +what was done +bytes +time +verified\z", lines[0]);
        Assert.Matches(@"\A-+( +-+){4}\z", lines[1]);
        Assert.All(lines[2..], line => Assert.EndsWith("  yes", line, StringComparison.Ordinal));
        Assert.All(ServiceCatalog.All, service =>
            Assert.Contains(lines[2..], line => line.StartsWith($"{service.Name} ", StringComparison.Ordinal)));
        Assert.All(ConcurrencyModels.All.Where(model => model.IsAvailable), model =>
            Assert.Contains(lines, line => line.Contains($" pings each, {model.Name} ", StringComparison.Ordinal)));
    }
}
