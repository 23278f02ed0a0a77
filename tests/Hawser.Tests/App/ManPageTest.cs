using System.CommandLine;
using System.Text.RegularExpressions;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.App.Verbs;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary>Every command has a manual page without warnings, made from the model of the command line.</summary>
public sealed partial class ManPageTest
{
    [Fact]
    public async Task All_pages_are_written_and_no_formatter_warns()
    {
        using var folder = new TemporaryFolder();
        string target = folder["man1"];

        (await ProgramProcess.RunAsync("man", "--out", target)).IsDone();

        string[] expected = [.. WithInner(VerbCatalog.CreateRoot([])).Select(each => $"{ManPage.NameOf(each)}.1")];
        Assert.Equal(expected.Order(), Directory.GetFiles(target).Select(Path.GetFileName).Order());
        Assert.Contains("hawser-serve-ping.1", expected);
        string[] checker = File.Exists("/usr/bin/mandoc") ? ["mandoc", "-Tlint", "-Wwarning"]
            : File.Exists("/usr/bin/groff") ? ["groff", "-man", "-ww", "-z"]
            : [];
        Assert.SkipWhen(checker is [], "needs mandoc or groff");
        await using ProgramProcess check = ProgramProcess.StartForeign(
            checker[0], [.. checker[1..], .. Directory.GetFiles(target)]);
        ProgramResult result = await check.EndAsync();
        Assert.Equal("", result.Text + result.Errors);
    }

    [Fact]
    public async Task A_page_has_the_commands_options_and_examples()
    {
        ProgramResult result = await ProgramProcess.RunAsync("man", "serve", "ping");
        VerbCommand ping = (VerbCommand)VerbCatalog.CreateRoot([]).Subcommands.Single(verb => verb.Name == "serve")
            .Subcommands.Single(service => service.Name == "ping");

        result.IsDone();
        Assert.StartsWith(".TH HAWSER-SERVE-PING 1 ", result.Text, StringComparison.Ordinal);
        Assert.All(ping.Options, option => Assert.Contains(
            $"\\fB{option.Name.Replace("-", "\\-")}\\fR", result.Text, StringComparison.Ordinal));
        Assert.Contains(".nf\nhawser serve ping\n", result.Text, StringComparison.Ordinal);
        // A line that begins with a control character and is no request would be lost.
        Assert.All(result.Text.Split('\n').Where(line => line is ['.' or '\'', ..]), line => Assert.Matches(Request(), line));
    }

    [Fact]
    public async Task An_unknown_command_is_a_usage_error()
    {
        (await ProgramProcess.RunAsync("man", "serve", "pong")).IsError(2, "unknown command 'pong'");
        (await ProgramProcess.RunAsync("man", "serve", "--out", "x")).IsError(2, "--out: writes all pages; leave out serve");
    }

    private static IEnumerable<Command> WithInner(Command command) =>
        command.Subcommands.SelectMany(WithInner).Prepend(command);

    [GeneratedRegex(@"^\.(TH .*|SH [A-Z ]+|TP|br|nf|fi)$")]
    private static partial Regex Request();
}
