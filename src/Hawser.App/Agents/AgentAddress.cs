using System.Net;
using Hawser.App.CommandLine;

namespace Hawser.App.Agents;

/// <summary>An agent that sends a load.</summary>
/// <param name="Name">Its address as on the command line.</param>
/// <param name="Address">Its address.</param>
internal sealed record AgentAddress(string Name, EndPoint Address)
{
    /// <summary>The port of <c>hawser agent</c>.</summary>
    public const int DefaultPort = 8005;

    /// <summary>Parses HOST:PORT.</summary>
    /// <exception cref="FormatException">It is no address.</exception>
    public static AgentAddress Parse(string text) => new(text, ServerAddress.Parse(text, DefaultPort));
}
