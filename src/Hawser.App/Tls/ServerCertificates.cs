using System.Net.Security;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Hawser.App.Verbs;

namespace Hawser.App.Tls;

/// <summary>A server's certificates and client authorities. It reads the files again every second and at SIGHUP. A new
/// set replaces the old one if all of it is valid; otherwise the old one stays, with a warning.</summary>
internal sealed class ServerCertificates : IDisposable
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    // Not as the value type of SslStream, which would load its assembly without TLS too.
    private readonly string _application;
    private volatile Snapshot _current;
    private IReadOnlyList<PemFile>? _lastSeen;
    private string? _problem;
    private bool _hasWarned;
    private Timer? _timer;
    private PosixSignalRegistration? _hangUp;

    /// <summary>Reads the files.</summary>
    /// <param name="pairs">Certificate and key files. The first pair is for clients that name no server, or one that no
    /// certificate has.</param>
    /// <param name="clientAuthorities">Client certificates must be issued by one of these; null for no client
    /// certificates.</param>
    /// <param name="service">Its ALPN protocol is <c>hawser/service</c>.</param>
    /// <exception cref="UsageException">A file is bad.</exception>
    public ServerCertificates(
        IReadOnlyList<(PemFile Certificate, PemFile Key)> pairs, PemFile? clientAuthorities, string service)
    {
        _application = $"hawser/{service}";
        _current = UsageException.Guard(() => Load(
            [.. pairs.SelectMany(pair => (PemFile[])[pair.Certificate, pair.Key]), .. Some(clientAuthorities)],
            pairs.Count));
    }

    /// <summary>What to print at the start, a line each.</summary>
    public IEnumerable<string> Description =>
        _current.Certificates
            .Select(entry => $"TLS certificate {entry.File.Path}, {PemFiles.FingerprintOf(entry.Leaf)}")
            .Concat(_current.Warnings);

    /// <summary>Begins to read the files again.</summary>
    /// <param name="events">Takes a line when certificates are replaced.</param>
    /// <param name="errors">Takes warnings.</param>
    public void Watch(TextWriter events, TextWriter errors)
    {
        _timer = new Timer(_ => Refresh(events, errors, isAsked: false), null, CheckInterval, CheckInterval);
        _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            Refresh(events, errors, isAsked: true);
        });
    }

    /// <summary>The options for a client: the first certificate for the name it asks for.</summary>
    public SslServerAuthenticationOptions Choose(SslClientHelloInfo hello) => _current.Choose(hello.ServerName);

    public void Dispose()
    {
        _timer?.Dispose();
        _hangUp?.Dispose();
    }

    private static IEnumerable<PemFile> Some(PemFile? file) => file is null ? [] : [file];

    private void Refresh(TextWriter events, TextWriter errors, bool isAsked)
    {
        lock (_gate)
        {
            try
            {
                if (!TryReplace(isAsked))
                    return;
                _problem = null;
                foreach (string line in Description)
                    events.WriteLine($"read again: {line}");
            }
            catch (FormatException e)
            {
                // A file that is being replaced may be gone for a moment.
                _hasWarned &= e.Message == _problem;
                if (isAsked || (e.Message == _problem && !_hasWarned))
                {
                    errors.WriteLine($"WARNING: {e.Message}; the server keeps the certificates it has");
                    _hasWarned = true;
                }
                _problem = e.Message;
            }
        }
    }

    /// <returns>False if nothing has changed, or is still changing.</returns>
    private bool TryReplace(bool isAsked)
    {
        IReadOnlyList<PemFile> files = [.. _current.Files.Select(file => file.Again())];
        // A certificate and its key are replaced one after the other.
        bool isSettled = IsSame(files, _lastSeen);
        _lastSeen = files;
        if (!isAsked && (!isSettled || IsSame(files, _current.Files)))
            return false;
        _current = Load(files, _current.Certificates.Count);
        return true;
    }

    private static bool IsSame(IReadOnlyList<PemFile> files, IReadOnlyList<PemFile>? others) =>
        others is not null && files.Zip(others).All(pair => pair.First.HasSameBytes(pair.Second));

    /// <param name="files">Pairs, then the client authorities if there are any.</param>
    /// <param name="pairs">How many pairs.</param>
    private Snapshot Load(IReadOnlyList<PemFile> files, int pairs)
    {
        X509Certificate2Collection? authorities =
            files.Count > 2 * pairs ? PemFiles.ReadCertificates(files[^1]) : null;
        var entries = new List<Entry>();
        for (int i = 0; i < pairs; i++)
        {
            SslStreamCertificateContext context = PemFiles.ReadPair(files[2 * i], files[(2 * i) + 1]);
            entries.Add(new Entry(files[2 * i], context.TargetCertificate, OptionsOf(context, authorities)));
        }
        return new Snapshot(files, entries);
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

    private sealed record Snapshot(IReadOnlyList<PemFile> Files, IReadOnlyList<Entry> Certificates)
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
