using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.Services;

namespace Hawser.App.Serving.Configuration;

/// <summary>The command line of <c>hawser serve</c>, with a <see cref="ServiceCommand"/> for each service.</summary>
internal sealed class ServeCommand : VerbCommand
{
    /// <summary>If the words name a service, the command has only that one, to save start-up time.</summary>
    /// <param name="words">The words of the command line.</param>
    /// <param name="run">Runs the command and those of the services.</param>
    public ServeCommand(string[] words, Func<ParseResult, IReadOnlyList<string>, Task<int>>? run)
        : base("serve", "Serve one service until a signal; without a name, all of them.")
    {
        Examples =
        [
            "hawser serve ping --model epoll", "hawser serve --port-base 9000",
            "hawser serve --config /etc/hawser.json --check",
        ];
        Service? named = words is [_, var name, ..]
            ? ServiceCatalog.All.FirstOrDefault(service => service.Name == name)
            : null;
        foreach (Service service in named is null ? ServiceCatalog.All : [named])
            Add(new ServiceCommand(service) { Run = run });
        if (named is null)
        {
            new ServeOptions(null).AddSharedTo(this);
            ProcessOptions.AddTo(this);
        }
        Run = run;
    }
}
