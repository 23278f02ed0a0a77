using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.App.Verbs;
using Hawser.Services;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

public sealed class HelpTest
{
    private static readonly string[] OfEveryService =
    [
        "--host", "--model", "--threads", "--loops", "--backlog", "--max-connections", "--first-byte-timeout",
        "--idle-timeout", "--drain-timeout", "sequential (simple)", "select (multi-select)", "pool (multi-thread)",
    ];

    public static TheoryData<string> Services => [.. ServiceCatalog.All.Select(service => service.Name)];

    [Theory]
    [InlineData("", "serve", "ping", "message", "demo")]
    [InlineData("--help", "serve", "ping", "message", "demo")]
    [InlineData("serve --help", "--host", "--port-base", "ping", "message")]
    [InlineData("ping --help", "--host", "--port", "--clients, --num-clients", "-c, --count", "--interval", "--timeout")]
    [InlineData("load --help", "HOST[:PORT]", "--clients", "--duration", "--rate", "--until", "--json")]
    [InlineData("message --help", "HOST", "PORT", "--wait")]
    [InlineData("lab --help", "--models", "--clients", "--against", "--scenario", "--rounds", "--out", "--seed", "--json")]
    [InlineData("demo --help", "Run every service")]
    public async Task Help_names_what_a_verb_has(string arguments, params string[] parts)
    {
        ProgramResult result = await ProgramProcess.RunAsync(
            arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        result.IsDone();
        Assert.All(parts, part => Assert.Contains(part, result.Text, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Help_of_a_service_names_all_its_options(string name)
    {
        Service service = ServiceCatalog.All.Single(entry => entry.Name == name);

        ProgramResult result = await ProgramProcess.RunAsync("serve", name, "--help");

        result.IsDone();
        string words = string.Join(' ', result.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.All(OfEveryService, part => Assert.Contains(part, words, StringComparison.Ordinal));
        Assert.Contains(service.PortIsArgument ? " PORT" : "--port", result.Text, StringComparison.Ordinal);
        Assert.All(service.Options, option => Assert.Contains($"--{option.Name}", result.Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(120)]
    public void Every_page_fits_its_width_and_has_examples(int width)
    {
        foreach (VerbCommand command in VerbsOf(VerbCatalog.CreateRoot([])))
        {
            string[] lines = HelpPage.Of(command, width).Split('\n');

            Assert.NotEmpty(command.Examples);
            int examples = Array.IndexOf(lines, "Examples:");
            Assert.All(lines[..examples], line => Assert.InRange(line.Length, 0, width));
            Assert.All(command.Options, option =>
            {
                Assert.True(option.Description is { Length: > 0 });
                Assert.Contains(command.Groups, group => group.Options.Contains(option));
            });
        }
    }

    [Theory]
    [InlineData("upload", "hawser upload [options] HOST PORT FILE...", "hawser upload COMMAND [options]")]
    [InlineData("clock", "hawser clock [options] [HOST[:PORT]]", "hawser clock report [options] FILE...")]
    [InlineData("numbers", "hawser numbers check [options] --seed S --index I FILE")]
    [InlineData("message", "hawser message [options] HOST[:PORT]", "hawser message [options] HOST PORT")]
    public void The_usage_names_each_form(string verb, params string[] usages)
    {
        Command command = VerbCatalog.CreateRoot([]).Subcommands.Single(entry => entry.Name == verb);

        string[] lines = [.. HelpPage.Of(command, 100).Split('\n').Select(line => line.Replace("Usage: ", "").Trim())];

        Assert.Subset(lines.ToHashSet(), usages.ToHashSet());
    }

    private static IEnumerable<VerbCommand> VerbsOf(Command command) =>
        command.Subcommands.SelectMany(inner => VerbsOf(inner).Append((VerbCommand)inner));

    [Fact]
    public async Task The_version_names_the_commit_and_its_date()
    {
        ProgramResult result = await ProgramProcess.RunAsync("--version");

        result.IsDone();
        string commit = Directory.Exists(ProgramRepository.PathOf(".git")) || File.Exists(ProgramRepository.PathOf(".git"))
            ? @" \([0-9a-f]{9} \d{4}-\d\d-\d\d\)"
            : "";
        Assert.Matches($@"\A\d+\.\d+\.\d+\S*{commit}\r?\n\z", result.Text);
    }
}
