using System.CommandLine;
using System.Net;
using Hawser.App.CommandLine;
using Hawser.Services;

namespace Hawser.App.Status;

/// <summary>Which running servers are meant.</summary>
/// <param name="Word">Their name, port or address; null for all.</param>
/// <param name="Socket">A status socket, or a directory of them; null for those of this user.</param>
internal sealed record ServerChoice(string? Word, string? Socket)
{
    /// <summary>Its options.</summary>
    internal sealed class Options
    {
        private const int ExamplePort = 8000;

        private readonly Option<string?> _server = VerbOptions.Value<string?>(
            "--server", "SERVER", "a server by its service, port or address, such as ping or 8000", ParseServer);

        private readonly Option<string?> _socket = VerbOptions.Value<string?>(
            "--socket", "PATH", "a status socket, or a directory of them [default: those of this user]", text => text);

        public void AddTo(VerbCommand command, params Option[] others)
        {
            command.AddGroup(VerbOptions.Common, [_server, _socket, .. others]);
            // Where the command takes arguments, a number may be one too many.
            command.Remedy = word => MayMean(word) && (command.Arguments.Count == 0 || !ServerAddress.IsNumber(word))
                ? $"{_server.Name} {word}"
                : null;
        }

        public ServerChoice Read(ParseResult parsed) => new(parsed.GetValue(_server), parsed.GetValue(_socket));

        private static bool MayMean(string word) =>
            ServerAddress.IsNumber(word) || word.Contains(':', StringComparison.Ordinal) || ServerAddress.IsAddress(word)
            || ServiceCatalog.All.Any(service => service.Name == word);

        private static string ParseServer(string text) => ServerAddress.IsAddress(text)
            ? throw new FormatException(
                $"'{text}' has no port; use {new IPEndPoint(IPAddress.Parse(text), ExamplePort)}, or the port alone")
            : text;
    }
}
