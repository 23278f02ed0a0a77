using System.CommandLine;
using System.CommandLine.Help;
using Hawser.App.Output;

namespace Hawser.App.Verbs;

/// <summary>The list of verbs. A new one is one file and one line here.</summary>
internal static class VerbCatalog
{
    private static readonly (string Name, Func<string[], Command> Create)[] All =
    [
        ("serve", ServeVerb.Create),
        ("ping", _ => PingVerb.Create()),
        ("load", _ => LoadVerb.Create()),
        ("message", _ => MessageVerb.Create()),
        ("upload", _ => UploadVerb.Create()),
        ("numbers", _ => NumbersVerb.Create()),
        ("clock", _ => ClockVerb.Create()),
        ("cert", _ => CertVerb.Create()),
        ("lab", _ => LabVerb.Create()),
        ("agent", _ => AgentVerb.Create()),
        ("demo", _ => DemoVerb.Create()),
        ("status", _ => StatusVerb.Create()),
        ("top", _ => TopVerb.Create()),
        (CompletionVerb.Name, _ => CompletionVerb.Create()),
        ("man", _ => ManVerb.Create()),
    ];

    /// <summary>The root command. If the first argument names a verb, only that one is created, and of <c>serve</c> only
    /// the service that the second one names, to save start-up time.</summary>
    public static RootCommand CreateRoot(string[] arguments)
    {
        var root = new RootCommand("Hawser, a TCP toolbox: serves, uses and measures everyday TCP services.");
        root.Options.Remove(root.Options.OfType<HelpOption>().Single());
        root.Add(new HelpOption("--help", "-h") { Action = new HelpPage() });
        root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
        string? first = arguments.Length > 0 ? arguments[0] : null;
        bool isVerb = All.Any(verb => verb.Name == first);
        foreach ((string name, Func<string[], Command> create) in All)
        {
            if (!isVerb || name == first)
                root.Add(create(arguments));
        }
        return root;
    }
}
