using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.App.Tls;

namespace Hawser.App.Agents;

/// <summary>The options for a load from other machines.</summary>
internal sealed class AgentOptions
{
    private readonly Option<string> _token = VerbOptions.Text(
        "--agent-token-file", "FILE", "the secret of the agents, 16 to 256 bytes");

    /// <summary>The agents.</summary>
    public Option<AgentAddress[]> Agents { get; } = VerbOptions.Values(
        "--agent", "HOST:PORT", "hawser agent that sends the load, instead of this machine; may be repeated",
        AgentAddress.Parse);

    /// <summary>Adds them to a verb.</summary>
    /// <param name="command">The verb.</param>
    /// <param name="others">Its own options that apply with agents only.</param>
    public void AddTo(VerbCommand command, params Option[] others) =>
        command.AddGroup("Load from other machines", [Agents, _token, .. others]);

    /// <summary>The agents' load; null without agents.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="others">Options that apply with agents only.</param>
    /// <exception cref="UsageException">An agent is named twice, or an option is given without agents.</exception>
    /// <exception cref="FormatException">The file has no secret.</exception>
    public AgentLoad? Read(ParseResult parsed, params Option[] others)
    {
        AgentAddress[] agents = parsed.GetValue(Agents) ?? [];
        if (agents.Length == 0)
        {
            return ((Option[])[_token, .. others]).FirstOrDefault(parsed.Has) is { } lone
                ? throw new UsageException($"{lone.Name}: applies with {Agents.Name} only")
                : null;
        }
        if (agents.GroupBy(agent => agent.Address).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new UsageException($"{Agents.Name}: {twice.First().Name} is named twice; an agent runs one load at a time");
        return new AgentLoad(agents, parsed.GetValue(_token) is { } path
            ? PemFiles.ReadSecret(PemFile.Read(_token.Name, path)) : []);
    }
}
