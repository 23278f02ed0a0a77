using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.App.Http;
using Hawser.App.Reloading;
using Hawser.App.Tls;

namespace Hawser.App.Dashboard;

/// <summary>Where to serve the dashboard, and who may change what.</summary>
/// <param name="Where">Its addresses.</param>
/// <param name="Token">The secret that allows to close and to drain; null: nobody may.</param>
/// <param name="Files">The files to read again.</param>
internal sealed record DashboardOptions(HttpAddress Where, Func<byte[]>? Token, IReadOnlyList<FileSet> Files)
{
    /// <summary>At a port of the system's choice, on the loopback interface, for looking only.</summary>
    public static DashboardOptions AtAnyPort() => new(HttpAddress.Parse("0", Options.ExamplePort), null, []);

    /// <summary>Its options.</summary>
    internal sealed class Options
    {
        // Beside 9464, the port of metrics.
        public const int ExamplePort = 9465;

        private readonly Option<HttpAddress?> _where = VerbOptions.Value<HttpAddress?>(
            "--dashboard", "[ADDRESS:]PORT", "serve a live page for browsers here; on 127.0.0.1 unless an address is given",
            text => HttpAddress.Parse(text, ExamplePort));

        private readonly Option<string> _token = VerbOptions.Text(
            "--dashboard-token-file", "FILE",
            "let the page close connections and drain the server with this secret, 16 to 256 bytes");

        public IReadOnlyList<Option> All => [_where, _token];

        /// <returns>Null if there is to be no dashboard.</returns>
        /// <exception cref="UsageException">The token has no use, or its file is bad.</exception>
        public DashboardOptions? Read(ParseResult parsed)
        {
            string? path = parsed.GetValue(_token);
            if (parsed.GetValue(_where) is not { } where)
            {
                return path is null
                    ? null
                    : throw new UsageException($"{_token.Name}: applies with {_where.Name} only");
            }
            var files = new List<FileSet>();
            return new DashboardOptions(where, path is null ? null : TokenFile.Read(_token.Name, path, files), files);
        }
    }
}
