using System.Collections;
using System.CommandLine;
using Hawser.App.CommandLine;

namespace Hawser.App.Serving.Configuration;

/// <summary>The options of <c>serve</c> from the command line, the environment and a file, in this order.</summary>
internal sealed class ServeConfiguration
{
    private readonly Lazy<Command> _whole;
    private readonly ServeEnvironment _environment;
    private readonly ConfigurationFile? _file;

    /// <summary>Reads the file, if there is one.</summary>
    /// <param name="given">The command line, parsed.</param>
    /// <param name="whole">Creates <c>serve</c> with all services.</param>
    /// <param name="variables">The environment.</param>
    /// <exception cref="UsageException">The file is bad, or has an unknown name.</exception>
    public ServeConfiguration(ParseResult given, Func<Command> whole, IDictionary variables)
    {
        _whole = new Lazy<Command>(whole);
        _environment = new ServeEnvironment(variables);
        if (ProcessOptions.FileOf(given, _environment) is not { } file)
            return;
        _file = ConfigurationFile.Read(file.Origin, file.Path);
        Require(_file.Common, _whole.Value, "");
        IList<Command> all = _whole.Value.Subcommands;
        foreach ((Setting service, IReadOnlyList<Setting> settings) in _file.Services ?? [])
        {
            Command? command = all.FirstOrDefault(command => command.Name == service.Name);
            if (command is null)
            {
                throw new UsageException($"{service.Origin}: unknown service '{service.Name}'"
                    + (UsageException.Suggest(service.Name, all.Select(known => known.Name))
                    ?? $"; use {string.Join(", ", all.Select(known => known.Name))}"));
            }
            if (settings.FirstOrDefault(setting => ProcessOptions.OfProcess.Any(
                option => Setting.NameOf(option) == setting.Name)) is { } misplaced)
            {
                throw new UsageException($"{misplaced.Origin}: {misplaced.Name}: does not apply to one service; "
                    + "move it out of services");
            }
            Require(settings, command, $" of {service.Name}");
        }
    }

    /// <summary>The services that the file names; null if it names none.</summary>
    public IReadOnlyList<string>? Services => _file?.Services is { } services
        ? [.. services.Select(service => service.Service.Name)]
        : null;

    /// <summary>Completes <c>hawser serve SERVICE</c>.</summary>
    /// <exception cref="UsageException">An option is invalid.</exception>
    public CompletedLine Complete(IReadOnlyList<string> words, ParseResult given)
    {
        Command command = given.CommandResult.Command;
        return new CompletedLine(words, given, [.. Environs(command), .. OwnOf(command), .. Common(command)]);
    }

    /// <summary>Completes <c>hawser serve</c>: the options that the services share.</summary>
    /// <exception cref="UsageException">An option is invalid.</exception>
    public CompletedLine CompleteShared(IReadOnlyList<string> words, ParseResult given)
    {
        Command command = given.CommandResult.Command;
        return new CompletedLine(words, given, [.. Environs(command), .. Common(command)]);
    }

    /// <summary>Completes the command line of one of several services.</summary>
    /// <param name="words">Its words.</param>
    /// <param name="given">The words, parsed.</param>
    /// <param name="shared">The command line of all services.</param>
    /// <param name="isAlone">It is the only one.</param>
    /// <param name="presets">Used where nothing else is given.</param>
    /// <exception cref="UsageException">An option is invalid.</exception>
    public CompletedLine CompleteOne(
        IReadOnlyList<string> words, ParseResult given, ParseResult shared, bool isAlone, IEnumerable<Setting> presets)
    {
        Command command = given.CommandResult.Command;
        Option[] flags = [.. shared.CommandResult.Command.Options.Except(ProcessOptions.OfConfiguration).Where(shared.Has)];
        IEnumerable<Setting> fromFlags = flags.Select(option => new Setting(
            Setting.NameOf(option),
            shared.GetResult(option)!.Tokens is { Count: > 0 } tokens ? [.. tokens.Select(token => token.Value)] : ["true"],
            option.Name));
        if (!isAlone && _environment.Has("port"))
        {
            throw new UsageException($"{ServeEnvironment.NameOf("port")}: does not apply to several services; "
                + $"use {ServeEnvironment.NameOf("port-base")}");
        }
        Setting[] settings =
        [
            .. fromFlags.Where(IsShared), .. Environs(command).Where(IsShared), .. OwnOf(command),
            .. Common(command).Where(IsShared), .. presets,
        ];
        // A Unix domain socket has no port; a port that is an argument is ignored.
        bool isUnix = settings.First(setting => setting.Name == "host").Values is [var host] && ServerAddress.IsUnix(host)
            && command.Arguments.All(argument => Setting.NameOf(argument) != "port");
        return new CompletedLine(
            words, given, settings.Where(setting => !isUnix || setting.Name != "port" || !presets.Contains(setting)));

        // An option of the service may have the name of a shared one, and other values.
        bool IsShared(Setting setting) =>
            shared.CommandResult.Command.Options.FirstOrDefault(option => Setting.NameOf(option) == setting.Name) is not
            { } common || command.Options.Any(
                    option => option.Name == common.Name && option.HelpName == common.HelpName);
    }

    private static void Require(IEnumerable<Setting> settings, Command command, string of)
    {
        string[] known = [.. Setting.NamesOf(command)];
        foreach (Setting setting in settings.Where(setting => !known.Contains(setting.Name)))
        {
            throw new UsageException($"{setting.Origin}: " + (setting.Name == "token"
                ? "token: secrets come from files; use token-file"
                : $"unknown option '{setting.Name}'{of}"
                + (UsageException.Suggest(setting.Name, known) ?? $"; see '{Line(command)} --help'")));
        }
    }

    private static string Line(Command command) =>
        command is ServiceCommand ? $"hawser serve {command.Name}" : "hawser serve";

    private IReadOnlyList<Setting> Environs(Command command) =>
        _environment.SettingsOf(command, () => _whole.Value.Subcommands.Prepend(_whole.Value));

    private IReadOnlyList<Setting> OwnOf(Command command) =>
        _file?.Services?.FirstOrDefault(service => service.Service.Name == command.Name).Settings ?? [];

    /// <summary>The common settings that concern the command.</summary>
    private IEnumerable<Setting> Common(Command command) =>
        _file?.Common.IntersectBy(Setting.NamesOf(command), setting => setting.Name) ?? [];
}
