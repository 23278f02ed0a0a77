using Hawser.App.Lab;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LabScenarioTest
{
    public static TheoryData<string> InTheRepository =>
    [
        .. Directory.GetFiles(ProgramRepository.PathOf("lab", "scenarios"), "*.json")
            .Select(path => Path.GetFileNameWithoutExtension(path)),
    ];

    [Theory]
    [MemberData(nameof(InTheRepository))]
    public void Every_scenario_of_the_repository_comes_with_the_program_and_can_be_run(string name)
    {
        Assert.Contains(name, LabScenario.Names);

        var texts = new Dictionary<string, string>(LabOptions.Defaults);
        foreach ((string option, string text) in LabScenario.Read(name))
            texts[option] = text;
        string[] against = texts.GetValueOrDefault(LabOptions.Against)?.Split('\n') ?? [];
        LabOptions options = LabOptions.Parse(texts, against, seed: 1, tasks: LabScenario.ReadTasks(name));

        Assert.True(LabPlan.Variants(options).Count > 1);
        Assert.True(options.Rounds >= LabWarnings.AdvisedRounds);
    }

    [Fact]
    public void The_exercise_is_five_clients_one_slow_under_the_three_servers()
    {
        IReadOnlyDictionary<string, string> texts = LabScenario.Read("exercise");

        Assert.Equal("simple,multi-select,threads", texts["models"]);
        Assert.Equal("5", texts["clients"]);
        Assert.Equal("none,1=20ms", texts["slow-client"]);
    }

    [Fact]
    public void Lists_texts_and_numbers_become_the_texts_of_options() => WithFile(
        """{ "description": "anything", "clients": [1, 50], "work": ["0", "200us"], "rounds": 3, "models": "all" }""",
        path => Assert.Equal(
            [("clients", "1,50"), ("work", "0,200us"), ("rounds", "3"), ("models", "all")],
            LabScenario.Read(path).Select(option => (option.Key, option.Value))));

    [Fact]
    public void Commands_are_a_list_of_their_own() => WithFile(
        """{ "against": ["a=x --list 1,2 {port}", "b=resp:y {port}"], "clients": [1, 2] }""",
        path => Assert.Equal("a=x --list 1,2 {port}\nb=resp:y {port}", LabScenario.Read(path)[LabOptions.Against]));

    [Theory]
    [InlineData("""{ "client": 5 }""", "'client' is no option; use description, goals, tasks, setup, models, clients")]
    [InlineData("""{ "clients": { "a": 1 } }""", "is neither a string nor a number")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{", "scenario '")]
    public void A_malformed_scenario_is_rejected_with_its_path(string json, string part) => WithFile(json, path =>
    {
        FormatException refused = Assert.Throws<FormatException>(() => LabScenario.Read(path));

        Assert.StartsWith($"scenario '{path}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(part, refused.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void An_unknown_name_is_refused_with_a_list_of_the_known_ones()
    {
        FormatException refused = Assert.Throws<FormatException>(() => LabScenario.Read("nonsense"));

        Assert.Equal(
            "unknown scenario 'nonsense'; use a file or one of aspnet, burst, churn, clock, cpu-bound, exercise, growth, "
                + "idle, latency, many-connections, message, metrics, numbers, observed, observed-churn, pipelined, rate, start, upload",
            refused.Message);
    }

    [Theory]
    [InlineData("""[{ "subject": "a", "setting": "s" }]""", "tasks: a task needs a subject, a setting and run")]
    [InlineData("""[{ "subject": "a", "setting": "s", "run": "x", "figures": { "speed": "/a" } }]""",
        "tasks: unknown figure 'speed' of 'a'; use one of task_seconds")]
    [InlineData("""[{ "subject": "a", "setting": "s", "run": "x", "until_server_ends": true }]""",
        "tasks: 'a' has until_server_ends without a server")]
    [InlineData("""[{ "subject": "a", "setting": "s", "run": "x" }, { "subject": "a", "setting": "s", "run": "y" }]""",
        "tasks: 'a' is named twice for 's'")]
    [InlineData("""[{ "subject": "a", "setting": "s", "run": "x", "takes": "long" }]""", "'long' is not a duration")]
    [InlineData("""[{ "subject": "a", "setting": "s", "run": "x", "runs": 1 }]""", "runs")]
    public void A_task_that_makes_no_sense_is_refused_with_the_scenarios_name(string tasks, string part) => WithFile(
        $$"""{ "tasks": {{tasks}} }""", path =>
        {
            FormatException refused = Assert.Throws<FormatException>(() => LabScenario.ReadTasks(path));

            Assert.StartsWith($"scenario '{path}'", refused.Message, StringComparison.Ordinal);
            Assert.Contains(part, refused.Message, StringComparison.Ordinal);
        });

    private static void WithFile(string text, Action<string> use)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            use(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
