using System.Net;
using System.Text.Json;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock;

public sealed class ClockVerbTest
{
    [Fact]
    public async Task Clients_print_their_report_and_the_files_they_have()
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
    public async Task An_absent_server_is_a_failure()
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

    [Theory]
    [InlineData("10.0.0.2:40000", "[fe80::1%\u001b[31m]:40000", 2)]
    [InlineData("(after ", "(after \u001b]0;owned\u0007", 2)]
    [InlineData("\n2\t", "\n\u001b[2J\t", 2)]
    [InlineData("", "", 0)]
    public async Task Control_characters_of_a_recording_or_its_name_never_reach_the_terminal(
        string old, string replacement, int exitCode)
    {
        using var folder = new TemporaryFolder();
        string path = folder["\u001b[31mred\u202e.txt"];
        string recording = System.Text.Encoding.ASCII.GetString(Recordings.Make(10));
        await File.WriteAllTextAsync(path, old.Length == 0 ? recording : recording.Replace(old, replacement, StringComparison.Ordinal));
        ProgramResult result = await ProgramProcess.RunAsync("clock", "report", path);
        Assert.Equal(exitCode, result.ExitCode);
        string shown = result.Text + result.Errors;
        Assert.Contains("\\u001B[31mred\\u202E.txt", shown, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', shown);
        Assert.DoesNotContain('\u0007', shown);
        Assert.DoesNotContain('\u202e', shown);
    }

    [Fact]
    public async Task A_session_with_too_few_members_is_partly_done()
    {
        await using ClockStage stage = ClockStage.Start();
        ProgramResult result = await ProgramProcess.RunAsync(
            "clock", "127.0.0.1", "--port", Port(stage.EndPoint), "--duration", "100ms", "--members", "3", "--session", "lab",
            "--peer-networks", "127.0.0.0/8", "--out", stage.Folder["out"]);
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("ERROR: client 0: the session has 1 of 3 members", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--members", "0", "--members: '0' is out of bounds; use a whole number from 1")]
    [InlineData("--peer-ports", "80-90", "--peer-ports: '80-90' is not a range of ports from 1024 to 65535")]
    [InlineData("--peer-networks", "10.0.0.1/33", "--peer-networks: '10.0.0.1/33' is not an address or network")]
    [InlineData("--session", "", "--session: the value is empty")]
    public async Task A_wrong_option_is_misuse_and_named(string option, string value, string error)
    {
        ProgramResult result = await ProgramProcess.RunAsync("clock", "127.0.0.1", "--port", "1", option, value);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(error, result.Errors, StringComparison.Ordinal);
    }

    private static string Port(EndPoint endPoint) => $"{((IPEndPoint)endPoint).Port}";
}
