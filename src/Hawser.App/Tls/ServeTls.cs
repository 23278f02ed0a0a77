using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.App.Reloading;
using Hawser.Layers;
using Hawser.Services;

using Layer = System.Func<
    Hawser.Transports.Transport, System.Threading.CancellationToken,
    System.Threading.Tasks.ValueTask<Hawser.Transports.Transport>>;

namespace Hawser.App.Tls;

/// <summary>The options of a server for TLS, its token and proxies.</summary>
/// <param name="service">Null for those of every service.</param>
internal sealed class ServeTls(Service? service)
{
    private readonly Option<string[]> _cert = VerbOptions.Texts(
        "--tls-cert", "FILE", "serve TLS with this PEM certificate; repeated with --tls-key, chosen by name (SNI)");

    private readonly Option<string[]> _key = VerbOptions.Texts(
        "--tls-key", "FILE", "the private key of each --tls-cert, PEM, in the same order");

    private readonly Option<string> _clientCa = VerbOptions.Text(
        "--client-ca", "FILE", "require client certificates that these PEM certificates have issued");

    private readonly Option<string> _token = VerbOptions.Text(
        "--token-file", "FILE", "require this secret of every client, 16 to 256 bytes");

    private readonly Option<string[]> _proxies = VerbOptions.Texts(
        "--proxy-from", "CIDR", "proxies, as --allow: their connections begin with a PROXY header");

    private bool TakesToken => service is { TakesToken: true };

    public void AddTo(VerbCommand command) => command.AddGroup(
        "TLS and proxies", [_cert, _key, _clientCa, .. TakesToken ? (Option[])[_token] : [], _proxies]);

    /// <summary>Reads the files.</summary>
    /// <exception cref="UsageException">The options contradict each other, or a file is bad.</exception>
    public ServeSecurity Read(ParseResult parsed)
    {
        string[] certs = parsed.GetValue(_cert) ?? [];
        string[] keys = parsed.GetValue(_key) ?? [];
        if (certs.Length != keys.Length)
        {
            throw new UsageException(
                $"{_key.Name}: {keys.Length} for {certs.Length} of {_cert.Name}; give one for each");
        }
        Option[] needTls = [_clientCa, .. TakesToken ? (Option[])[_token] : []];
        if (certs.Length == 0 && needTls.FirstOrDefault(parsed.Has) is { } lone)
            throw new UsageException($"{lone.Name}: applies with {_cert.Name} only");
        if (certs.Length == 0 && !parsed.Has(_proxies))
            return new ServeSecurity([], null, false, []);
        return ReadFiles(parsed, certs, keys);
    }

    // On its own, so that a server without TLS does not load its assemblies.
    private ServeSecurity ReadFiles(ParseResult parsed, string[] certs, string[] keys)
    {
        var layers = new List<Layer>();
        var files = new List<FileSet>();
        if (parsed.ReadNetworks(_proxies, files) is { } proxies)
            layers.Add(ProxyLayer.Server(proxies));
        ServerCertificates? certificates = null;
        if (certs.Length > 0)
        {
            (string Option, string Path)[] named =
            [
                .. certs.Zip(keys).SelectMany(pair => ((string, string)[])[(_cert.Name, pair.First), (_key.Name, pair.Second)]),
                .. parsed.GetValue(_clientCa) is { } ca ? ((string, string)[])[(_clientCa.Name, ca)] : [],
            ];
            files.Add(new FileSet([.. named.Select(file => file.Path)], () => certificates!.Reload()));
            certificates = UsageException.Guard(() => new ServerCertificates(named, service!.Name));
            layers.Add(TlsLayer.Server(certificates.Choose));
        }
        bool hasToken = TakesToken && parsed.Has(_token);
        if (hasToken)
            layers.Add(TokenLayer.Server(TokenFile.Read(_token.Name, parsed.GetValue(_token)!, files)));
        return new ServeSecurity(layers, certificates, Authenticates: hasToken || parsed.Has(_clientCa), files);
    }
}
