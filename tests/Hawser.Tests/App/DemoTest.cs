using System.Text.Json;
using Hawser.App.Demo;
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
        Assert.All(lines[1..], line => Assert.EndsWith("  yes", line, StringComparison.Ordinal));
        Assert.All(ServiceCatalog.All, service =>
            Assert.Contains(lines[1..], line => line.StartsWith($"{service.Name} ", StringComparison.Ordinal)));
        Assert.All(ConcurrencyModels.All.Where(model => model.IsAvailable), model =>
            Assert.Contains(lines, line => line.Contains($" pings each, {model.Name} ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("--duration: applies with --watch only", "--duration", "1s")]
    [InlineData("--dashboard: applies with --watch only", "--dashboard", "0")]
    [InlineData("--json: does not apply beside --watch", "--json", "--watch")]
    public async Task An_option_of_the_other_demo_is_an_error(string error, params string[] options) =>
        (await ProgramProcess.RunAsync(["demo", .. options])).IsError(2, error);

    [Fact]
    public async Task A_watched_demo_ends_by_itself()
    {
        ProgramResult result = await ProgramProcess.RunAsync("demo", "--watch", "--duration", "1s");

        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"\Adashboard at http://127\.0\.0\.1:\d+/\n[^\n]+ after 1 s\n\z", result.Errors);
    }

    [Fact]
    public async Task A_throwing_demonstration_is_reported_in_its_row_and_the_rest_still_runs()
    {
        var rows = new List<DemoRow>();

        int exitCode = await new DemoRun([new Broken(), new Working()]).RunAsync(rows.Add, () => { }, CancellationToken.None);

        Assert.Equal(4, exitCode);
        Assert.Equal(["failed: no such luck", "yes"], rows.Select(row => row.Cells[4]));
        foreach (DemoRow row in rows)
            JsonOutputTest.AssertIs("demo", JsonDocument.Parse(row.ToJson()).RootElement);
    }

    [Fact]
    public async Task A_signal_ends_the_demo_after_the_demonstration_in_progress_and_its_folder_is_deleted()
    {
        using var temporary = new TemporaryFolder();
        await using ProgramProcess program = StartIn(temporary);
        await program.Output.LineWithAsync("ping ");
        program.Signal(ProgramProcess.SIGINT);

        ProgramResult result = await program.EndAsync();

        Assert.Equal(3, result.ExitCode);
        Assert.DoesNotContain("clock ", result.Text, StringComparison.Ordinal);
        Assert.Empty(FoldersIn(temporary));
    }

    [Fact]
    public async Task A_second_signal_ends_the_demo_and_deletes_its_folder()
    {
        using var temporary = new TemporaryFolder();
        await using ProgramProcess program = StartIn(temporary);
        await program.Output.LineWithAsync("numbers ");
        await Patience.UntilAsync(() => FoldersIn(temporary).Length > 0);
        program.Signal(ProgramProcess.SIGINT);
        await program.Errors.LineWithAsync("a second signal ends it");
        // Signals within 100 ms count as one.
        await Patience.UntilAsync(() => !program.TrySignal(ProgramProcess.SIGINT) || program.HasExited);

        ProgramResult result = await program.EndAsync();

        Assert.Equal(128 + ProgramProcess.SIGINT, result.ExitCode);
        Assert.Empty(FoldersIn(temporary));
    }

    [Fact]
    public async Task A_signal_that_ends_a_drawing_program_shows_the_cursor_again()
    {
        using var temporary = new TemporaryFolder();
        await using ProgramProcess program = ProgramProcess.StartOnTerminal("", temporary.Root, "demo");
        int demo = await program.TerminalIdAsync();
        await program.Output.ContainsAsync("numbers ");
        await Patience.UntilAsync(() => FoldersIn(temporary).Length > 0);
        ProgramProcess.Signal(demo, ProgramProcess.SIGINT);
        await program.Output.ContainsAsync("a second signal ends it");
        await Patience.UntilAsync(() => !ProgramProcess.TrySignal(demo, ProgramProcess.SIGINT) || program.HasExited);

        ProgramResult result = await program.EndAsync();

        int hidden = result.Text.LastIndexOf("\e[?25l", StringComparison.Ordinal);
        Assert.InRange(hidden, 0, result.Text.LastIndexOf("\e[?25h", StringComparison.Ordinal));
    }

    private static ProgramProcess StartIn(TemporaryFolder temporary) =>
        ProgramProcess.StartInShell("TMPDIR=\"$FILE\" exec \"$@\"", temporary.Root, "demo");

    private static string[] FoldersIn(TemporaryFolder temporary) =>
        Directory.GetDirectories(temporary.Root, "hawser-demo-*");

    private class Working : Service
    {
        public override string Name => "any";

        public override string Summary => "";

        public override int DefaultPort => 0;

        public override IConnectionHandler CreateHandler(ServiceSettings settings, ServiceEnvironment environment) =>
            throw new NotSupportedException();

        public override Task<IReadOnlyList<Demonstration>> DemonstrateAsync(ConcurrencyModel model, string folder) =>
            Task.FromResult<IReadOnlyList<Demonstration>>([new("something", 1, TimeSpan.Zero, null)]);
    }

    private sealed class Broken : Working
    {
        public override Task<IReadOnlyList<Demonstration>> DemonstrateAsync(ConcurrencyModel model, string folder) =>
            throw new InvalidOperationException("no such\nluck");
    }
}
