using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.App.Reloading;
using Hawser.App.Tls;
using Hawser.Services;

namespace Hawser.App.Serving.Configuration;

/// <summary>The command line of one service: <c>hawser serve SERVICE</c>.</summary>
internal sealed class ServiceCommand : VerbCommand
{
    private readonly Service _service;
    private readonly ServeOptions _common;
    private readonly List<Action<ParseResult, ServiceSettings>> _readers = [];

    public ServiceCommand(Service service) : base(service.Name, $"Serve {service.Name}: {service.Summary}.")
    {
        _service = service;
        string place = service.PortIsArgument ? $" {service.DefaultPort}" : "";
        string values = string.Concat(service.Arguments.Select(argument => $" {argument.DefaultText}"));
        string output = service.OwnsOutput ? " > all.out" : "";
        Examples =
        [
            $"hawser serve {service.Name}{place}{values}{output}",
            $"hawser serve {service.Name}{place}{values} --config hawser.json --check",
        ];
        // As the exercise of that service has it.
        MisuseExitCode = service.OwnsOutput ? ExitCode.Failed : ExitCode.Misused;
        _common = new ServeOptions(service);
        _common.AddTo(this, [.. service.Options.Select(CreateOption)]);
        foreach (ServiceOption option in service.Arguments)
        {
            Argument<object> argument = VerbOptions.Argument(option.ValueName!, option.Help, option.ParseValue);
            Add(argument);
            _readers.Add((parsed, settings) => settings.SetValue(option, parsed.GetValue(argument)!));
        }
        ProcessOptions.AddTo(this);
    }

    /// <summary>What stands in for the host, the port and the arguments if the service is one of several.</summary>
    /// <param name="port">The port; null: its own.</param>
    /// <param name="origin">Where that port comes from.</param>
    public IEnumerable<Setting> Presets(int? port, string origin) =>
    [
        new("host", [ServeOptions.SharedHost], Setting.Default),
        new("port", [$"{port ?? _service.DefaultPort}"], port is null ? Setting.Default : origin),
        .. _service.Arguments.Where(argument => argument.DefaultText is not null)
            .Select(argument => new Setting(argument.Name, [argument.DefaultText!], Setting.Default)),
    ];

    /// <summary>Reads the command line and the files that it names.</summary>
    /// <exception cref="UsageException">An option does not apply, or a file is bad.</exception>
    public ServiceRun Read(ParseResult parsed)
    {
        var settings = new ServiceSettings();
        _readers.ForEach(read => read(parsed, settings));
        var files = new List<FileSet>();
        ServerOptions options = _common.Read(parsed, files);
        ServeSecurity security = _common.ReadSecurity(parsed);
        return new ServiceRun(_service, settings, options with { Layers = security.Layers }, security)
        {
            Files = [.. files, .. security.Files],
            IsQuiet = _common.IsQuiet(parsed),
            IsVerbose = _common.IsVerbose(parsed),
        };
    }

    private Option CreateOption(ServiceOption option)
    {
        if (option.ValueName is null)
        {
            Option<bool> flag = VerbOptions.Flag($"--{option.Name}", option.Help);
            _readers.Add((parsed, settings) => settings.SetValue(option, parsed.GetValue(flag)));
            return flag;
        }
        Option<object?> value = VerbOptions.Value<object?>(
            $"--{option.Name}", option.ValueName, option.Help, option.ParseValue, option.DefaultText).WithChoices(option.Choices);
        _readers.Add((parsed, settings) =>
        {
            if (parsed.Has(value))
                settings.SetValue(option, parsed.GetValue(value)!);
        });
        return value;
    }
}
