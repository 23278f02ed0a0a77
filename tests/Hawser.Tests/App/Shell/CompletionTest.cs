using System.CommandLine;
using Hawser.App.Lab;
using Hawser.App.Shell;
using Hawser.App.Verbs;
using Hawser.Models;
using Hawser.Services;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Shell;

/// <summary>Words are completed from the model of the command line, in the shells that are here.</summary>
public sealed class CompletionTest
{
    [Fact]
    public void A_verb_a_service_and_an_option_are_completed()
    {
        Assert.Equal(["serve"], Words("se"));
        Assert.Equal(VerbCatalog.CreateRoot([]).Subcommands.Select(verb => verb.Name), Words(""));
        Assert.Equal(ServiceCatalog.All.Select(service => service.Name), Words("serve", ""));
        Assert.Equal(["--accept-rate", "--allow", "--allow-uid"], Words("serve", "ping", "--a"));
        Assert.Contains("--help", Words("serve", "ping", "--"));
        Assert.Equal(["--help", "--version"], Words("--").Order());
        Assert.Equal(["ping"], Words("help", "serve", "pi"));
    }

    [Fact]
    public void The_values_of_options_are_completed()
    {
        IEnumerable<string> models = ConcurrencyModels.All.SelectMany(model => model.Aliases.Prepend(model.Name));
        Assert.Equal(models.Order(), Words("serve", "ping", "--model", ""));
        Assert.Equal(["epoll"], Words("serve", "ping", "--port", "0", "--model", "ep"));
        Assert.Equal(["--model=epoll"], Words("serve", "ping", "--model=ep"));
        Assert.Equal([.. LabScenario.Names, Candidates.Files], Words("lab", "--scenario", ""));
        Assert.Equal([Candidates.Files], Words("serve", "ping", "--tls-cert", "ser"));
        Assert.Equal([$"--tls-cert={Candidates.Files}"], Words("serve", "ping", "--tls-cert=ser"));
        Assert.Empty(Words("serve", "ping", "--idle-timeout", ""));
    }

    [Fact]
    public void Arguments_are_completed_at_their_place()
    {
        Assert.Empty(Words("upload", "127.0.0.1:8002", "--json", "-x", "a", "--nothing-begins-so"));
        Assert.Equal([Candidates.Files], Words("upload", "127.0.0.1:8002", ""));
        Assert.Equal([Candidates.Files], Words("upload", "127.0.0.1:8002", "one", "two", ""));
        Assert.Equal([Candidates.Files], Words("upload", "127.0.0.1:8002", "--", "-"));
        Assert.Equal(["bash", "fish", "pwsh", "zsh"], Words("completion", ""));
    }

    [Fact]
    public void Every_option_with_a_value_has_a_placeholder_by_which_it_is_recognized() =>
        Assert.All(OptionsOf(VerbCatalog.CreateRoot([])), option =>
            Assert.True(option.Arity.MaximumNumberOfValues == 0 || option.HelpName is not null, option.Name));

    [Theory]
    [InlineData("serve pi", "ping")]
    [InlineData("serve ping --model ep", "epoll")]
    [InlineData("upload 127.0.0.1:8002 x --hash xx", "xxh128")]
    [InlineData("serve ping --model=ep", "epoll")]
    [InlineData("upload 127.0.0.1:8002 note", "notes with spaces.txt")]
    [InlineData("serve ping --tls-cert=note", "notes with spaces.txt")]
    public async Task Bash_completes_a_line(string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "needs bash");
        using var folder = new TemporaryFolder();
        folder.Write("notes with spaces.txt", []);
        // As readline splits it.
        string words = line.Replace("=", " = ", StringComparison.Ordinal);
        ProgramResult result = await RunAsync(folder, ["/bin/bash"], $$"""
            cd "$1"
            source <(hawser completion bash)
            COMP_WORDS=(hawser {{words}}) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _hawser
            printf '%s\n' "${COMPREPLY[@]}"
            """);

        result.IsDone();
        Assert.Equal($"{expected}\n", result.Text);
    }

    [Theory]
    [InlineData("serve pi", "ping")]
    [InlineData("serve ping --model ep", "epoll")]
    [InlineData("serve ping --model=ep", "--model=epoll")]
    [InlineData("upload 127.0.0.1:8002 note", "notes with spaces.txt")]
    [InlineData("serve ping --tls-cert=note", "--tls-cert=notes with spaces.txt")]
    public async Task Fish_completes_a_line(string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/fish"), "needs fish");
        using var folder = new TemporaryFolder();
        folder.Write("notes with spaces.txt", []);
        ProgramResult result = await RunAsync(folder, ["/usr/bin/fish"], $"""
            cd $argv[1]
            hawser completion fish | source
            complete -C 'hawser {line}'
            """);

        Assert.StartsWith(expected, result.Text, StringComparison.Ordinal);
    }

    /// <summary>The line of an interactive shell after the Tab, with the script in a file or sourced.</summary>
    [Theory]
    [InlineData("fpath=($PWD $fpath); autoload -U compinit; compinit -u -D", "serve pi", "serve ping ")]
    [InlineData("autoload -U compinit; compinit -u -D; source ./_hawser", "serve pi", "serve ping ")]
    [InlineData("fpath=($PWD $fpath); autoload -U compinit; compinit -u -D", "serve ping --model ep", "serve ping --model epoll ")]
    [InlineData("fpath=($PWD $fpath); autoload -U compinit; compinit -u -D", "upload 127.0.0.1:8002 note", @"upload 127.0.0.1:8002 notes\ with\ spaces.txt ")]
    [InlineData("fpath=($PWD $fpath); autoload -U compinit; compinit -u -D", "serve ping --tls-cert=note", @"serve ping --tls-cert=notes\ with\ spaces.txt ")]
    public async Task Zsh_completes_a_line(string start, string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/zsh"), "needs zsh");
        using var folder = new TemporaryFolder();
        folder.Write("notes with spaces.txt", []);
        ProgramResult result = await RunAsync(folder, ["/usr/bin/zsh"], $$"""
            cd $1
            hawser completion zsh > _hawser
            zmodload zsh/zpty
            zpty shell zsh -f -i
            # The terminal echoes these lines: the quotes in the last word tell it from its echo.
            zpty -w shell 'PS1=; {{start}}'
            zpty -w shell 'show() { print -r -- "line: $BUFFER@@" }; zle -N show; bindkey "^X" show; print rea""dy'
            zpty -r shell output $'*ready\r\n*'
            zpty -w -n shell $'hawser {{line}}\t\x18'
            zpty -r shell output '*line: *@@*'
            print -r -- ${${output##*line: }%%@@*}
            zpty -d shell
            """);

        Assert.Equal($"hawser {expected}\n", result.Text);
    }

    /// <summary>In PowerShell's engine, from its package: the program <c>pwsh</c> is rarely here.</summary>
    [Theory]
    [InlineData("se", "serve")]
    [InlineData("serve pi", "ping")]
    [InlineData("serve 'pi", "'ping'")]
    [InlineData("serve ping --model ep", "epoll")]
    [InlineData("serve ping --model=ep", "--model=epoll")]
    [InlineData("upload 'a b' --ha", "--hash")]
    [InlineData("upload '--hash' xx", "xxh128")]
    [InlineData("upload 127.0.0.1:8002 note", "'./notes with spaces.txt'")]
    [InlineData("upload 127.0.0.1:8002 \"notes wi", "\"./notes with spaces.txt\"")]
    [InlineData("serve ping --tls-cert=note", "--tls-cert='./notes with spaces.txt'")]
    [InlineData("lab --scenario note", "'./notes with spaces.txt'")]
    public async Task PowerShell_completes_a_line(string line, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("notes with spaces.txt", []);
        string host = Path.Combine(AppContext.BaseDirectory, "Hawser.PowerShell.dll");
        string[] shell = ["POWERSHELL_TELEMETRY_OPTOUT=1", "dotnet", "exec", host];
        ProgramResult result = await RunAsync(folder, shell, $"""
            . ([scriptblock]::Create((hawser completion pwsh) -join "`n"))
            $line = @'
            hawser {line}
            '@
            (TabExpansion2 $line $line.Length).CompletionMatches | ForEach-Object CompletionText
            """);

        result.IsDone();
        Assert.Equal($"{expected}\n", result.Text);
    }

    [Fact]
    public async Task An_unknown_shell_is_a_usage_error()
    {
        (await ProgramProcess.RunAsync("completion", "tcsh")).IsError(2, "unknown shell 'tcsh'; use one of bash, zsh, fish, pwsh");
        (await ProgramProcess.RunAsync("completion", "tcsh", "--", "se")).IsError(2, "unknown shell 'tcsh'");
    }

    private static IEnumerable<string> Words(params string[] typed) =>
        Candidates.Of(typed, VerbCatalog.CreateRoot).Select(each => each.Word);

    private static IEnumerable<Option> OptionsOf(Command command) =>
        command.Subcommands.SelectMany(OptionsOf).Concat(command.Options);

    /// <summary>Runs a script of a shell for which <c>hawser</c> is a program in its path.</summary>
    private static async Task<ProgramResult> RunAsync(TemporaryFolder folder, string[] shell, string script)
    {
        using var programs = new TemporaryFolder();
        string program = programs.Write("hawser", System.Text.Encoding.UTF8.GetBytes(
            $"#!/bin/sh\nexec dotnet exec '{Path.Combine(AppContext.BaseDirectory, "hawser.dll")}' \"$@\"\n"));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string file = programs.Write("script", System.Text.Encoding.UTF8.GetBytes(script));
        await using ProgramProcess process = ProgramProcess.StartForeign(
            "env", [$"PATH={programs.Root}:{Environment.GetEnvironmentVariable("PATH")}", .. shell, file, folder.Root]);
        return await process.FinishAsync([]);
    }
}
