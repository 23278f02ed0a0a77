using System.Net;
using System.Text.Json;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock;

public sealed class ClockVerbTest
{
    [Fact]
    public async Task Clients_print_their_report_and_what_they_have()
    {
        await using ClockStage stage = ClockStage.Start();
        ProgramResult result = await ProgramProcess.RunAsync(
            "clock", "127.0.0.1", "--port", Port(stage.EndPoint), "--clients", "2", "--duration", "100ms", "--json",
            "--out", stage.Folder["out"]);
        Assert.Equal(0, result.ExitCode);
        JsonElement clients = JsonDocument.Parse(result.Text).RootElement.GetProperty("clients");
        Assert.Equal(2, clients.GetArrayLength());
        Assert.Equal(1, clients[1].GetProperty("deliveries").GetProperty("delivered").GetInt32());
        Assert.True(File.Exists(stage.Copy(1, 0)));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_failure()
    {
        ProgramResult result = await ProgramProcess.RunAsync("clock", "127.0.0.1", "--port", "1", "--clients", "2");
        Assert.Equal((1, ""), (result.ExitCode, result.Text));
    }

    [Fact]
    public async Task A_report_says_that_a_recording_is_cut_and_makes_a_page()
    {
        await using ClockStage stage = ClockStage.Start();
        await stage.RunAsync(1, ClockStage.Short);
        string path = stage.ClientFile(0);
        ProgramResult whole = await ProgramProcess.RunAsync(
            "clock", "report", path, "--html", stage.Folder["page.html"]);
        Assert.Equal(0, whole.ExitCode);
        Assert.Contains("client_0_TimeData.txt: whole, 100 milliseconds", whole.Text, StringComparison.Ordinal);
        Assert.StartsWith("<!DOCTYPE html>", await File.ReadAllTextAsync(stage.Folder["page.html"]), StringComparison.OrdinalIgnoreCase);

        string[] lines = await File.ReadAllLinesAsync(path);
        await File.WriteAllLinesAsync(path, lines[..^1]);
        ProgramResult cut = await ProgramProcess.RunAsync("clock", "report", path);
        Assert.Equal(3, cut.ExitCode);
        Assert.Contains("cut: the last line is missing", cut.Text, StringComparison.Ordinal);
    }

    private static string Port(EndPoint endPoint) => $"{((IPEndPoint)endPoint).Port}";
}
