using System.Diagnostics;
using Hawser.App.CommandLine;
using Hawser.App.Lab;
using Hawser.App.Lab.Conditions;
using Hawser.App.Lab.Publishing;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Lab.Publishing;

public sealed class LabPublicationTest : IDisposable
{
    private static readonly DateOnly Day = new(2026, 11, 22);

    private static readonly LabOptions Options = new()
    {
        Subjects = [],
        Settings = [],
        Command = "",
    };

    private static readonly LabMachine Machine =
        new("AMD EPYC (tm) Processor", 2, "Linux", "10.0.0", "0.1.0+0123456789", 0.1, "none");

    private static readonly SourceTree Clean = new("/tree", "0123456789", []);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_machine_has_a_folder_and_a_scenario_one_in_it() => Assert.Equal(
        "/tree/docs/results/2026-11-22-amd-epyc-tm-processor-2/mine",
        LabPublication.FolderFor(Clean, Machine, Day, "some/mine.json", Options));

    [Fact]
    public void An_irreproducible_result_is_not_published()
    {
        IsRefused(Clean with { Changed = ["src/a.cs", "b"] }, "x",
            "--publish: 2 files changed since the commit, first src/a.cs; commit or stash first");
        IsRefused(Clean with { Commit = "9876543210" }, "x", "was built from '0123456789', the commit is 9876543210");
        IsRefused(Clean, null, "--publish needs a --scenario");
        IsRefused(Clean, "x", "--publish needs --rounds 9 or more", Options with { Rounds = 8 });

        static void IsRefused(SourceTree tree, string? scenario, string part, LabOptions? options = null) =>
            Assert.Contains(part, Assert.Throws<UsageException>(() =>
                LabPublication.FolderFor(tree, Machine, Day, scenario, options ?? Options)).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tree_is_dirty_by_any_file_but_published_results()
    {
        await GitAsync("init", "-q");
        _folder.Write("a", [1]);
        await GitAsync("add", "a");
        await GitAsync("-c", "user.name=n", "-c", "user.email=e@localhost", "commit", "-q", "-m", "a");
        Directory.CreateDirectory(_folder["docs/results/x"]);
        _folder.Write("docs/results/x/results.json", [1]);

        SourceTree clean = SourceTree.Find(_folder["docs"]);
        _folder.Write("a", [2]);
        _folder.Write("b", [2]);
        SourceTree dirty = SourceTree.Find(_folder.Root);

        Assert.Empty(clean.Changed);
        Assert.Equal(40, clean.Commit.Length);
        Assert.Equal(["a", "b"], dirty.Changed);
    }

    [Fact]
    public async Task A_folder_in_no_repository_is_refused_before_anything_is_measured()
    {
        await using ProgramProcess lab = ProgramProcess.StartInShell(
            "cd \"$FILE\" && exec \"$@\"", _folder.Root, "lab", "--scenario", "exercise", "--publish");

        (await lab.EndAsync()).IsError(1, "run it in the git repository: results name the commit");
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void The_page_has_goals_figures_command_and_commit_of_every_scenario()
    {
        LabResult result = LabFixture.Result() with
        {
            Goals =
            [
                new LabGoal("epoll", "select", "round_trips_per_second", "50 clients", 1.5, null),
                new LabGoal("select", null, "latency_p99_ns", null, null, 500_000),
                new LabGoal("absent", null, "latency_p99_ns", null, null, 500_000),
            ],
            Machine = Machine,
        };
        string folder = _folder["2026-11-22-host/mine"];
        Directory.CreateDirectory(folder);
        Directory.CreateDirectory(_folder["2026-11-22-host/other"]);

        LabPublication.Write(result, _folder["2026-11-22-host/other"]);
        LabPublication.Write(result, folder);

        string page = File.ReadAllText(_folder["2026-11-22-host/README.md"]);
        Assert.StartsWith("# Results on AMD EPYC (tm) Processor, 2 cores\n", page, StringComparison.Ordinal);
        Assert.Contains("| epoll: at least 1.50 times the round trips/s of select | 50 clients | 1.98 | 1.95 to 2.00 "
            + "| reached | [mine](#mine) |\n", page, StringComparison.Ordinal);
        Assert.Contains("| select: at most 500.0 µs p99 | 50 clients | 1.00 ms | 1.00 ms to 1.00 ms | **missed** "
            + "| [other](#other) |\n", page, StringComparison.Ordinal);
        Assert.Contains("| absent: at most 500.0 µs p99 | 50 clients | – | – | not measured |", page,
            StringComparison.Ordinal);
        Assert.Contains("\n## mine\n\n- Taken on 2026-01-02 03:04 UTC, at commit 0123456\n", page,
            StringComparison.Ordinal);
        Assert.Contains("- Command: `hawser lab --models select,epoll", page, StringComparison.Ordinal);
        Assert.Contains("| epoll, 50 clients | 4.5 µs (4.5 µs to 4.5 µs) | 202,500 (200,000 to 205,000) | 1.00 ms (", page,
            StringComparison.Ordinal);
        Assert.Equal(["results.json"], Directory.GetFiles(folder).Select(path => Path.GetFileName(path)));
        Assert.Equal(page, LabPublication.PageOf(LabResultFile.ReadAll(_folder["2026-11-22-host"])));
    }

    [Theory]
    [InlineData(1.9, null, "reached")]
    [InlineData(1.98, null, "not decided")]
    [InlineData(2.1, null, "missed")]
    [InlineData(null, 2.1, "reached")]
    [InlineData(null, 1.98, "not decided")]
    [InlineData(null, 1.9, "missed")]
    public void A_goal_is_reached_where_the_whole_interval_is_within_it(double? least, double? most, string words)
    {
        var goal = new LabGoal("epoll", "select", "round_trips_per_second", null, least, most);

        Assert.Equal(words, Assert.Single(goal.Judge(LabFixture.Result())).Words);
    }

    [Theory]
    [InlineData("""[{ "subject": "a", "metric": "speed", "at_least": 1 }]""", "goals: unknown metric 'speed'; use")]
    [InlineData("""[{ "subject": "a", "metric": "latency_p99_ns" }]""", "goals: 'a' needs either at_least or at_most")]
    [InlineData("""[{ "metric": "latency_p99_ns", "at_most": 1 }]""", "goals: a goal needs a subject")]
    [InlineData("""[{ "subject": "a", "metric": "resident_bytes", "against": "b", "at_most": 1 }]""", "leave out")]
    [InlineData("""[{ "subjekt": "a" }]""", "subjekt")]
    [InlineData("{}", "scenario '")]
    public void A_goal_that_makes_no_sense_is_refused_with_the_scenarios_name(string goals, string part)
    {
        string path = _folder.Write("s.json", System.Text.Encoding.UTF8.GetBytes($$"""{ "goals": {{goals}} }"""));

        FormatException refused = Assert.Throws<FormatException>(() => LabScenario.ReadGoals(path));

        Assert.StartsWith($"scenario '{path}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(part, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(LabScenarioTest.InTheRepository), MemberType = typeof(LabScenarioTest))]
    public void Every_goal_of_a_scenario_is_about_something_that_it_measures(string name)
    {
        var texts = new Dictionary<string, string>(LabOptions.Defaults);
        foreach ((string option, string text) in LabScenario.Read(name))
            texts[option] = text;
        LabTasks tasks = LabScenario.ReadTasks(name);
        string[] against = texts.GetValueOrDefault(LabOptions.Against)?.Split('\n') ?? [];
        LabVariant[] variants = [.. LabPlan.Variants(LabOptions.Parse(texts, against, seed: 1, tasks: tasks))];

        Assert.All(LabScenario.ReadGoals(name), goal =>
        {
            LabVariant[] own = [.. variants.Where(variant => goal.Setting is null || $"{variant.Setting}" == goal.Setting)];
            Assert.Contains(goal.Subject, own.Select(variant => variant.Subject.Name));
            if (goal.Against is not null)
                Assert.Contains(goal.Against, own.Select(variant => variant.Subject.Name));
        });
    }

    private Task GitAsync(params string[] arguments) => ExitAsync("git", ["-C", _folder.Root, .. arguments]);

    private static async Task ExitAsync(string program, string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
    }
}
