using System.CommandLine;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.Layers;
using Hawser.Services;
using Hawser.Services.Text;

using Layer = System.Func<
    Hawser.Transports.Transport, System.Threading.CancellationToken,
    System.Threading.Tasks.ValueTask<Hawser.Transports.Transport>>;

namespace Hawser.App.Tls;

/// <summary>The options of a client for TLS: whom to trust, and the client's own certificate or token.</summary>
/// <param name="service">Its ALPN protocol is <c>hawser/service</c>.</param>
/// <param name="takesToken">The service has <c>--token-file</c>.</param>
internal sealed class ClientTls(string service, bool takesToken = false)
{
    private readonly Option<bool> _tls = VerbOptions.Flag("--tls", "encrypt with TLS 1.2 or 1.3 and verify the server");

    private readonly Option<string> _ca = VerbOptions.Text(
        "--ca", "FILE", "trust these PEM certificates, not those of the system");

    private readonly Option<string> _serverName = VerbOptions.Text(
        "--server-name", "NAME", "the name in the server's certificate [default: the host]");

    private readonly Option<string> _fingerprint = VerbOptions.Value(
        "--fingerprint", "sha256:HEX", "trust the certificate with this SHA-256 and no other", ParseFingerprint);

    private readonly Option<bool> _insecure = VerbOptions.Flag("--insecure", "trust any certificate; for tests");

    private readonly Option<string> _cert = VerbOptions.Text("--cert", "FILE", "the client's own certificate, PEM");

    private readonly Option<string> _key = VerbOptions.Text("--key", "FILE", "the private key of --cert, PEM");

    private readonly Option<string> _token = VerbOptions.Text(
        "--token-file", "FILE", "the secret that the server asks for, 16 to 256 bytes");

    private IReadOnlyList<Option> Options =>
        [_tls, _ca, _serverName, _fingerprint, _insecure, _cert, _key, .. takesToken ? (Option[])[_token] : []];

    public void AddTo(VerbCommand command) => command.AddGroup("TLS", Options);

    /// <summary>An option for TLS on the command line; null if there is none.</summary>
    public Option? FindGiven(ParseResult parsed) => Options.FirstOrDefault(parsed.Has);

    /// <summary>The layers of a connection to each server.</summary>
    /// <exception cref="UsageException">The options contradict each other, or a file is bad.</exception>
    public Func<EndPoint, IReadOnlyList<Layer>> Read(ParseResult parsed)
    {
        if (!parsed.GetValue(_tls))
        {
            return FindGiven(parsed) is { } lone
                ? throw new UsageException($"{lone.Name}: applies with {_tls.Name} only")
                : _ => [];
        }
        if (((Option[])[_ca, _fingerprint, _insecure]).Where(parsed.Has).ToArray() is [var first, var second, ..])
            throw new UsageException($"{second.Name}: does not apply with {first.Name}");
        if (parsed.GetValue(_insecure))
        {
            Standard.Error.WriteLine(
                $"WARNING: {_insecure.Name}: the server is not verified; anyone can answer for it");
        }
        return UsageException.Guard(() => ReadFiles(parsed));
    }

    private Func<EndPoint, IReadOnlyList<Layer>> ReadFiles(ParseResult parsed)
    {
        X509Certificate2Collection? authorities = Read(_ca) is { } ca ? PemFiles.ReadCertificates(ca) : null;
        SslStreamCertificateContext? own = ReadOwn();
        Layer[] token =
            takesToken && Read(_token) is { } secret ? [TokenLayer.Client(PemFiles.ReadSecret(secret))] : [];
        string? name = parsed.GetValue(_serverName);
        string? fingerprint = parsed.GetValue(_fingerprint);
        bool trustsAny = parsed.GetValue(_insecure);
        return server =>
        {
            string target = name ?? NameOf(server);
            if (target.Length == 0 && fingerprint is null && !trustsAny)
            {
                throw new UsageException(
                    $"{_serverName.Name}: missing; {EndPointText.Of(server)} has no name to verify");
            }
            return
            [
                TlsLayer.Client(new SslClientAuthenticationOptions
                {
                    TargetHost = target,
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    ApplicationProtocols = [new SslApplicationProtocol($"hawser/{service}")],
                    AllowRenegotiation = false,
                    ClientCertificateContext = own,
                    CertificateChainPolicy = TrustPolicy.Of(authorities),
                    RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                        trustsAny || Verify(certificate, errors, target, fingerprint),
                }),
                .. token,
            ];
        };

        PemFile? Read(Option<string> option) =>
            parsed.GetValue(option) is { } path ? PemFile.Read(option.Name, path) : null;

        SslStreamCertificateContext? ReadOwn()
        {
            if (parsed.Has(_cert) != parsed.Has(_key))
                throw new FormatException($"{_cert.Name} and {_key.Name}: give both or neither");
            return Read(_cert) is { } file ? PemFiles.ReadPair(file, Read(_key)!) : null;
        }
    }

    /// <exception cref="AuthenticationException">The certificate is not trusted; the message says what to
    /// do.</exception>
    private static bool Verify(X509Certificate? certificate, SslPolicyErrors errors, string target, string? fingerprint)
    {
        if (certificate is null)
            throw new AuthenticationException("the server sent no certificate");
        string actual = PemFiles.FingerprintOf(certificate);
        if (fingerprint is not null)
        {
            return actual == fingerprint
                ? true
                : throw new AuthenticationException(
                    $"the server's certificate is {actual}, not the one of --fingerprint");
        }
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            if (PemFiles.WhyNotNow(certificate) is { } why)
                throw new AuthenticationException($"the server's certificate ({actual}) {why}");
            throw new AuthenticationException(
                $"the server's certificate ({actual}) is not trusted; "
                + "use --ca FILE, or --fingerprint if it is the right one");
        }
        return errors == SslPolicyErrors.None
            ? true
            : throw new AuthenticationException(
                $"the server's certificate is not for '{target}'; use --server-name NAME");
    }

    private static string NameOf(EndPoint server) => server switch
    {
        DnsEndPoint name => name.Host,
        IPEndPoint address => $"{address.Address}",
        _ => "",
    };

    /// <exception cref="FormatException">It is none.</exception>
    private static string ParseFingerprint(string text)
    {
        const string Prefix = "sha256:";
        string hex = text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
            ? text[Prefix.Length..].Replace(":", "", StringComparison.Ordinal)
            : "";
        return hex.Length == 64 && hex.All(char.IsAsciiHexDigit)
            ? Prefix + hex.ToLowerInvariant()
            : throw new FormatException($"'{text}' is not sha256: and 64 hex digits; 'hawser cert' prints it");
    }
}
