using System.CommandLine;
using Hawser.App.CommandLine;

namespace Hawser.App.Status;

/// <summary>Which running servers are meant.</summary>
/// <param name="Word">Their name, port or address; null for all.</param>
/// <param name="Socket">A status socket, or a directory of them; null for those of this user.</param>
internal sealed record ServerChoice(string? Word, string? Socket)
{
    /// <summary>Its options.</summary>
    internal sealed class Options
    {
        private readonly Option<string?> _server = VerbOptions.Value<string?>(
            "--server", "SERVER", "a server by its service, port or address, such as ping or 8000", text => text);

        private readonly Option<string?> _socket = VerbOptions.Value<string?>(
            "--socket", "PATH", "a status socket, or a directory of them [default: those of this user]", text => text);

        public void AddTo(VerbCommand command, params Option[] others) =>
            command.AddGroup(VerbOptions.Common, [_server, _socket, .. others]);

        public ServerChoice Read(ParseResult parsed) => new(parsed.GetValue(_server), parsed.GetValue(_socket));
    }
}
