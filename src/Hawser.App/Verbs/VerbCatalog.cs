using System.CommandLine;
using System.CommandLine.Help;
using Hawser.App.Output;

namespace Hawser.App.Verbs;

/// <summary>The list of verbs. A new one is one file and one line here.</summary>
internal static class VerbCatalog
{
    private static readonly (string Name, Func<Command> Create)[] All =
    [
        ("serve", ServeVerb.Create),
        ("ping", PingVerb.Create),
        ("load", LoadVerb.Create),
        ("message", MessageVerb.Create),
        ("upload", UploadVerb.Create),
        ("numbers", NumbersVerb.Create),
        ("clock", ClockVerb.Create),
        ("cert", CertVerb.Create),
        ("lab", LabVerb.Create),
        ("agent", AgentVerb.Create),
        ("demo", DemoVerb.Create),
    ];

    /// <summary>The root command. If the first argument names a verb, only that one is created, to save start-up
    /// time.</summary>
    public static RootCommand CreateRoot(string[] arguments)
    {
        var root = new RootCommand("Hawser, a TCP toolbox: serves, uses and measures everyday TCP services.");
        root.Options.Remove(root.Options.OfType<HelpOption>().Single());
        root.Add(new HelpOption("--help", "-h") { Action = new HelpPage() });
        string? first = arguments.Length > 0 ? arguments[0] : null;
        bool isVerb = All.Any(verb => verb.Name == first);
        foreach ((string name, Func<Command> create) in All)
        {
            if (!isVerb || name == first)
                root.Add(create());
        }
        return root;
    }
}
