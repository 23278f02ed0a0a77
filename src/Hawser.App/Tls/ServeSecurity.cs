using Hawser.App.Reloading;

using Layer = System.Func<
    Hawser.Transports.Transport, System.Threading.CancellationToken,
    System.Threading.Tasks.ValueTask<Hawser.Transports.Transport>>;

namespace Hawser.App.Tls;

/// <summary>What stands between the wire and a service.</summary>
/// <param name="Layers">The first one next to the wire.</param>
/// <param name="Certificates">Null without TLS.</param>
/// <param name="Authenticates">Clients must have a certificate or a token.</param>
/// <param name="Files">The files to read again.</param>
internal sealed record ServeSecurity(
    IReadOnlyList<Layer> Layers, ServerCertificates? Certificates, bool Authenticates, IReadOnlyList<FileSet> Files);
