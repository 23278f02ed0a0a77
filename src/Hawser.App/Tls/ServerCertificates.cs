using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Hawser.App.Tls;

/// <summary>A server's certificates and client authorities. A new set replaces the old one if all of it is
/// valid.</summary>
internal sealed class ServerCertificates
{
    private readonly IReadOnlyList<(string Option, string Path)> _files;
    private readonly int _pairs;
    // Not as the value type of SslStream, which would load its assembly without TLS too.
    private readonly string _application;
    private volatile Snapshot _current;

    /// <summary>Reads the files.</summary>
    /// <param name="files">Certificate and key files in turns, then the file of the client authorities if client
    /// certificates are required: each with its option. The first pair is for clients that name no server, or one that
    /// no certificate has.</param>
    /// <param name="service">Its ALPN protocol is <c>hawser/service</c>.</param>
    /// <exception cref="FormatException">A file is bad.</exception>
    public ServerCertificates(IReadOnlyList<(string Option, string Path)> files, string service)
    {
        _files = files;
        _pairs = files.Count / 2;
        _application = $"hawser/{service}";
        _current = Load();
    }

    /// <summary>What to print at the start, a line each.</summary>
    public IEnumerable<string> Description =>
        _current.Certificates
            .Select(entry => $"TLS certificate {entry.File.Path}, {PemFiles.FingerprintOf(entry.Leaf)}")
            .Concat(_current.Warnings);

    /// <summary>Reads the files again.</summary>
    /// <returns>The new <see cref="Description"/>.</returns>
    /// <exception cref="FormatException">A file is bad: the old certificates stay.</exception>
    public IEnumerable<string> Reload()
    {
        _current = Load();
        return Description;
    }

    /// <summary>The options for a client: the first certificate for the name it asks for.</summary>
    public SslServerAuthenticationOptions Choose(SslClientHelloInfo hello) => _current.Choose(hello.ServerName);

    private Snapshot Load()
    {
        PemFile[] files = [.. _files.Select(file => PemFile.Read(file.Option, file.Path))];
        X509Certificate2Collection? authorities =
            files.Length > 2 * _pairs ? PemFiles.ReadCertificates(files[^1]) : null;
        var entries = new List<Entry>();
        for (int i = 0; i < _pairs; i++)
        {
            SslStreamCertificateContext context = PemFiles.ReadPair(files[2 * i], files[(2 * i) + 1]);
            entries.Add(new Entry(files[2 * i], context.TargetCertificate, OptionsOf(context, authorities)));
        }
        return new Snapshot(entries);
    }

    private SslServerAuthenticationOptions OptionsOf(
        SslStreamCertificateContext context, X509Certificate2Collection? authorities) => new()
        {
            ServerCertificateContext = context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [new SslApplicationProtocol(_application)],
            AllowRenegotiation = false,
            ClientCertificateRequired = authorities is not null,
            CertificateChainPolicy = authorities is null ? null : TrustPolicy.Of(authorities),
        };

    private sealed record Entry(PemFile File, X509Certificate2 Leaf, SslServerAuthenticationOptions Options);

    private sealed record Snapshot(IReadOnlyList<Entry> Certificates)
    {
        public IEnumerable<string> Warnings => Certificates
            .Where(entry => entry.Leaf.NotAfter < DateTime.Now)
            .Select(entry =>
                $"WARNING: {entry.File.Option}: {entry.File.Path}: expired on {entry.Leaf.NotAfter:yyyy-MM-dd}");

        public SslServerAuthenticationOptions Choose(string? name)
        {
            Entry? named = Uri.CheckHostName(name) == UriHostNameType.Dns
                ? Certificates.FirstOrDefault(entry => entry.Leaf.MatchesHostname(name!))
                : null;
            return (named ?? Certificates[0]).Options;
        }
    }
}
