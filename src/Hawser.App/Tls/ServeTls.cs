using System.CommandLine;
using System.Net;
using Hawser.App.Verbs;
using Hawser.Layers;
using Hawser.Services;

using Layer = System.Func<
    Hawser.Transports.Transport, System.Threading.CancellationToken,
    System.Threading.Tasks.ValueTask<Hawser.Transports.Transport>>;

namespace Hawser.App.Tls;

/// <summary>The options of a server for TLS, its token and proxies.</summary>
internal sealed class ServeTls(Service service)
{
    private readonly Option<string[]> _cert = VerbOptions.Texts(
        "--tls-cert", "FILE", "serve TLS with this PEM certificate; repeated with --tls-key, chosen by name (SNI)");

    private readonly Option<string[]> _key = VerbOptions.Texts(
        "--tls-key", "FILE", "the private key of each --tls-cert, PEM, in the same order");

    private readonly Option<string> _clientCa = VerbOptions.Text(
        "--client-ca", "FILE", "require client certificates that these PEM certificates have issued");

    private readonly Option<string> _token = VerbOptions.Text(
        "--token-file", "FILE", "require this secret of every client, 16 to 256 bytes");

    private readonly Option<IPNetwork[]> _proxies = VerbOptions.Values(
        "--proxy-from", "CIDR", "proxies, like 10.0.0.0/8: their connections begin with a PROXY header", ParseNetwork);

    public void AddTo(VerbCommand command) => command.AddGroup(
        "TLS and proxies", [_cert, _key, _clientCa, .. service.TakesToken ? (Option[])[_token] : [], _proxies]);

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
        Option[] needTls = [_clientCa, .. service.TakesToken ? (Option[])[_token] : []];
        if (certs.Length == 0 && needTls.FirstOrDefault(parsed.Has) is { } lone)
            throw new UsageException($"{lone.Name}: applies with {_cert.Name} only");
        if (certs.Length == 0 && !parsed.Has(_proxies))
            return ServeSecurity.None;
        return ReadFiles(parsed, certs, keys);
    }

    // On its own, so that a server without TLS does not load its assemblies.
    private ServeSecurity ReadFiles(ParseResult parsed, string[] certs, string[] keys)
    {
        var layers = new List<Layer>();
        if (parsed.GetValue(_proxies) is { Length: > 0 } networks)
            layers.Add(ProxyLayer.Server(networks));
        ServerCertificates? certificates = certs.Length == 0 ? null : UsageException.Guard(() => new ServerCertificates(
            [.. certs.Zip(keys, (cert, key) => (PemFile.Read(_cert.Name, cert), PemFile.Read(_key.Name, key)))],
            Find(_clientCa), service.Name));
        if (certificates is not null)
            layers.Add(TlsLayer.Server(certificates.Choose));
        bool hasToken = service.TakesToken && parsed.Has(_token);
        if (hasToken)
            layers.Add(TokenLayer.Server(UsageException.Guard(() => PemFiles.ReadSecret(Find(_token)!))));
        return new ServeSecurity(layers, certificates, Authenticates: hasToken || parsed.Has(_clientCa));

        PemFile? Find(Option<string> option) =>
            parsed.GetValue(option) is { } path ? PemFile.Read(option.Name, path) : null;
    }

    private static IPNetwork ParseNetwork(string text) => IPNetwork.TryParse(text, out IPNetwork network)
        ? network
        : IPAddress.TryParse(text, out IPAddress? address)
            ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : throw new FormatException($"'{text}' is not a network; use 10.0.0.0/8, fd00::/8 or one address");
}
