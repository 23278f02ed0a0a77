using System.Text.Json;
using Hawser.Tests.Services.Ping.Load;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Agents;

/// <summary><c>hawser lab --agent</c>, as programs.</summary>
public sealed class LabFromAgentsTest : IDisposable
{
    private const int PartlyDone = 3;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_lab_that_loses_an_agent_is_partly_done_and_names_it_and_its_share()
    {
        string gone;
        using (var closed = new RawServer())
            gone = $"{closed.EndPoint}";
        await using ProgramProcess agent = ProgramProcess.Start("agent", "--port", "0");

        ProgramResult result = await ProgramProcess.RunAsync(
            "lab", "--models", "select", "--clients", "4", "--rounds", "1", "--duration", "300ms", "--warm-up", "0",
            "--floor", "no", "--spoiled-at", "none", "--out", _folder["results"], "--json",
            "--agent", $"{await agent.ListeningAsync()}", "--agent", gone);

        Assert.Equal(PartlyDone, result.ExitCode);
        Assert.Contains("ERROR: agents were lost in 1 measurement, ", result.Errors, StringComparison.Ordinal);
        JsonElement json = JsonDocument.Parse(result.Text).RootElement;
        Assert.Contains(json.GetProperty("warnings").EnumerateArray(), warning => warning.GetString()!.StartsWith(
            "select, 4 clients: agents were lost in 1 of 1 rounds, and up to 50 % of the clients with them: "
            + $"{gone} with 2 of 4 clients: {gone} refused the connection", StringComparison.Ordinal));
        ProgramResult compared = await ProgramProcess.RunAsync(
            "lab", "compare", _folder["results"], _folder["results"]);
        Assert.Equal(2, compared.Errors.Split(": agents were lost in 1 of 1 measurement").Length - 1);
    }
}
