using Hawser.App.Lab;
using Hawser.Models;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LabOptionsTest
{
    [Fact]
    public void The_defaults_are_every_model_that_runs_here_under_three_numbers_of_clients()
    {
        LabOptions options = Parse([]);

        Assert.Equal(
            ConcurrencyModels.All.Where(model => model.IsAvailable).Select(model => model.Name),
            options.Subjects.Select(subject => subject.Name));
        Assert.Equal([new LabSetting(1), new LabSetting(50), new LabSetting(500)], options.Settings);
        Assert.Equal((9, 3.0, 1.0), (options.Rounds, options.Duration.TotalSeconds, options.WarmUp.TotalSeconds));
    }

    [Fact]
    public void Lists_of_settings_are_combined_in_every_way()
    {
        LabOptions options = Parse(
            [("clients", "2,3"), ("work", "0,200us"), ("slow-client", "none,1=20ms"), ("idle", "0,7")]);

        Assert.Equal(16, options.Settings.Distinct().Count());
        Assert.Contains(new LabSetting(3, 200, "1=20ms", 7), options.Settings);
    }

    [Fact]
    public void A_model_keeps_the_name_it_was_given()
    {
        LabSubject subject = Assert.Single(Parse([("models", "multi-select")]).Subjects);

        Assert.Equal(("multi-select", "select"), (subject.Name, subject.Model));
    }

    [Fact]
    public void A_subject_given_by_address_joins_only_variants_without_server_options()
    {
        LabOptions options = Parse(
            [("models", "select"), ("clients", "2"), ("work", "0,1ms"), ("idle", "0,9")], "c=127.0.0.1:7000");

        Assert.Equal(
            ["select, 2 clients", "c, 2 clients", "select, 2 clients, 1 ms of work", "select, 2 clients, 9 idle",
                "c, 2 clients, 9 idle", "select, 2 clients, 1 ms of work, 9 idle"],
            LabPlan.Variants(options).Select(variant => variant.ToString()));
    }

    [Fact]
    public void A_subject_given_by_command_joins_only_variants_without_server_options()
    {
        LabOptions options = Parse([("models", "none"), ("clients", "2"), ("work", "0,1ms")], "c=./c {port}");

        Assert.Equal(["c, 2 clients"], LabPlan.Variants(options).Select(variant => variant.ToString()));
    }

    [Fact]
    public void The_floor_is_measured_once_for_each_load()
    {
        LabOptions options = Parse([("models", "select"), ("clients", "2"), ("work", "0,1ms")]);
        options = options with { Subjects = [.. options.Subjects, new LabSubject("floor", "epoll", null)] };

        Assert.True(options.HasFloor);
        Assert.Equal(
            ["select, 2 clients", "floor, 2 clients", "select, 2 clients, 1 ms of work"],
            LabPlan.Variants(options).Select(variant => variant.ToString()));
    }

    [Fact]
    public void Pipelines_and_churn_are_settings()
    {
        Assert.Equal(
            ["2 clients", "2 clients, 16 pings at once"],
            Parse([("clients", "2"), ("pipeline", "1,16")]).Settings.Select(setting => $"{setting}"));
        Assert.Equal(
            ["2 clients", "2 clients, a connection for each ping"],
            Parse([("clients", "2"), ("churn", "no,yes")]).Settings.Select(setting => $"{setting}"));
    }

    [Fact]
    public void The_recorded_command_has_all_given_options_and_the_seed()
    {
        LabOptions options = Parse([("models", "select"), ("rounds", "2")], "c=127.0.0.1:7000", "d=build/d {port}");

        Assert.Equal(
            "--models select --rounds 2 --against c=127.0.0.1:7000 --against 'd=build/d {port}' --seed 1",
            options.Command);
    }

    [Fact]
    public void The_recorded_command_has_the_scenario_and_its_overrides()
    {
        var texts = new Dictionary<string, string>(LabOptions.Defaults) { ["clients"] = "5", ["rounds"] = "3" };
        var preset = new Dictionary<string, string> { ["clients"] = "5", ["rounds"] = "9", ["models"] = "all" };

        LabOptions options = LabOptions.Parse(texts, [], seed: 7, "mine.json", preset);

        Assert.Equal("--scenario mine.json --rounds 3 --seed 7", options.Command);
    }

    [Fact]
    public void The_command_leaves_out_the_servers_of_its_scenario_unless_others_are_given()
    {
        var preset = new Dictionary<string, string> { [LabOptions.Against] = "c=127.0.0.1:7000\nd=build/d {port}" };

        Assert.Equal("--scenario mine.json --seed 7", CommandOf("c=127.0.0.1:7000", "d=build/d {port}"));
        Assert.Equal("--scenario mine.json --against 'd=build/d {port}' --seed 7", CommandOf("d=build/d {port}"));

        string CommandOf(params string[] against) => LabOptions.Parse(
            LabOptions.Defaults, against, seed: 7, "mine.json", preset).Command;
    }

    [Fact]
    public void Rounds_can_depend_on_the_width_of_the_intervals()
    {
        LabOptions options = Parse([("until-width", "2.5%"), ("time-limit", "10m"), ("spoiled-at", "none")]);

        Assert.Equal((0.025, TimeSpan.FromMinutes(10)), (options.UntilWidth, options.TimeLimit));
        Assert.Null(options.SpoiledAt);
        Assert.Equal((null, 0.05), (Parse([]).UntilWidth, Parse([]).SpoiledAt));
    }

    [Theory]
    [InlineData("models", "select,fast", "unknown model 'fast'; use one of sequential")]
    [InlineData("models", "select,select", "'select' is named twice")]
    [InlineData("models", "none", "nothing to measure")]
    [InlineData("clients", "1,,2", "'' is not a number of clients")]
    [InlineData("clients", "0", "'0' is out of bounds")]
    [InlineData("work", "much", "'much' is not a duration")]
    [InlineData("slow-client", "5", "'5' is not ID=DURATION; use 1=20ms, or none")]
    [InlineData("slow-client", "1=20ms", "'1' is out of bounds; use a whole number from 0 to 0")]
    [InlineData("slow-client", "0=never", "'never' is not a duration")]
    [InlineData("idle", "-1", "'-1' is out of bounds")]
    [InlineData("rate", "fast", "'fast' is not a rate")]
    [InlineData("pipeline", "0", "--pipeline: '0' is out of bounds; use a whole number from 1 to 256")]
    [InlineData("churn", "maybe", "--churn: 'maybe' is neither yes nor no")]
    [InlineData("burst", "maybe", "--burst: 'maybe' is neither yes nor no")]
    [InlineData("backlog", "0", "--backlog: '0' is out of bounds; use a whole number from 1 to 65535")]
    [InlineData("floor", "c", "--floor: 'c' is neither yes nor no")]
    [InlineData("rounds", "0", "'0' is out of bounds")]
    [InlineData("until-width", "0%", "--until-width: '0%' is not a share above 0 % and up to 100 %; use 5%, or none")]
    [InlineData("until-width", "5", "--until-width: '5' is not a share")]
    [InlineData("spoiled-at", "101%", "--spoiled-at: '101%' is not a share")]
    [InlineData("spoiled-at", "NaN%", "--spoiled-at: 'NaN%' is not a share")]
    [InlineData("time-limit", "soon", "--time-limit: 'soon' is not a duration")]
    [InlineData("time-limit", "10m", "--time-limit: applies with --until-width only")]
    [InlineData("duration", "0", "--duration: '0' is too short; use 500ms, 5s or 2m")]
    public void An_invalid_lab_option_is_rejected_with_the_valid_form(string name, string text, string part)
    {
        FormatException refused = Assert.Throws<FormatException>(() => Parse([(name, text)]));

        Assert.Contains(part, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rate", "5k")]
    [InlineData("pipeline", "1,2")]
    public void Churn_takes_no_schedule_and_no_pipeline(string name, string text) => Assert.Equal(
        "--churn: does not apply beside --rate and --pipeline",
        Assert.Throws<FormatException>(() => Parse([("churn", "yes"), (name, text)])).Message);

    [Fact]
    public void Tasks_take_no_options_of_a_load()
    {
        var tasks = new LabTasks([new LabTask("a", "s", "true")]);
        var texts = new Dictionary<string, string>(LabOptions.Defaults) { ["clients"] = "5" };

        Assert.Equal("a, s", Assert.Single(LabPlan.Variants(
            LabOptions.Parse(LabOptions.Defaults, [], seed: 1, tasks: tasks))).ToString());
        Assert.Equal("--clients: does not apply to the tasks of a scenario",
            Assert.Throws<FormatException>(() => LabOptions.Parse(texts, [], seed: 1, tasks: tasks)).Message);
    }

    [Fact]
    public void A_subject_or_task_with_a_missing_program_is_skipped_and_reported()
    {
        LabOptions options = Parse([("models", "select"), ("clients", "2")], "c=no/such/server {port}", "d=sh {port}");

        LabOptions installed = options.Installed();

        Assert.Equal(["select", "d"], installed.Subjects.Select(subject => subject.Name));
        Assert.Equal(["c is left out: no/such/server is not installed"], installed.LeftOut);
        LabOptions none = LabOptions.Parse(LabOptions.Defaults, [], seed: 1,
            tasks: new LabTasks([new LabTask("a", "s", "true", Needs: ["no-such-program"])]));
        Assert.Equal("nothing to measure: a is left out: no-such-program is not installed",
            Assert.Throws<FormatException>(none.Installed).Message);
    }

    [Fact]
    public void The_name_of_the_floor_is_taken() => Assert.Equal(
        "'floor' is the name of the floor; use another, or --floor no",
        Assert.Throws<FormatException>(() => Parse([], "floor=127.0.0.1:7000")).Message);

    [Theory]
    [InlineData("127.0.0.1:7000", "is not NAME=HOST:PORT or NAME=COMMAND; use c='build/server {port}'")]
    [InlineData("=127.0.0.1:7000", "is not NAME=HOST:PORT or NAME=COMMAND")]
    [InlineData("c=7000", "'7000' is neither HOST:PORT nor a command with {port}")]
    [InlineData("c=build/server 7000", "'build/server 7000' is neither HOST:PORT nor a command with {port}")]
    [InlineData("c=127.0.0.1:none", "'none' is not a port")]
    [InlineData("c=sh -c 'server {port}", "'sh -c 'server {port}' has an unclosed '")]
    public void What_is_neither_an_address_nor_a_command_is_refused(string text, string part)
    {
        string message = Assert.Throws<FormatException>(() => Parse([], text)).Message;

        Assert.StartsWith("--against: ", message, StringComparison.Ordinal);
        Assert.Contains(part, message, StringComparison.Ordinal);
    }

    private static LabOptions Parse((string Name, string Text)[] given, params string[] against)
    {
        var texts = new Dictionary<string, string>(LabOptions.Defaults);
        foreach ((string name, string text) in given)
            texts[name] = text;
        return LabOptions.Parse(texts, against, seed: 1);
    }
}
