using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hawser.Tests.Layers;

/// <summary>A certificate made for the tests, and both sides' options.</summary>
internal static class TestCertificate
{
    private const string Name = "hawser.test";

    private static readonly X509Certificate2 Certificate = Create();

    // Made once: SslStream would build a chain for each handshake.
    private static readonly SslStreamCertificateContext Context =
        SslStreamCertificateContext.Create(Certificate, null, offline: true);

    public static SslServerAuthenticationOptions Server { get; } = new() { ServerCertificateContext = Context };

    public static SslClientAuthenticationOptions Client { get; } = new()
    {
        TargetHost = Name,
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            CustomTrustStore = { Certificate },
        },
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate!.GetCertHashString() == Certificate.GetCertHashString(),
    };

    /// <summary>The server's options with an ALPN protocol.</summary>
    public static SslServerAuthenticationOptions With(string application) => new()
    {
        ServerCertificateContext = Context,
        ApplicationProtocols = [new SslApplicationProtocol(application)],
    };

    private static X509Certificate2 Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Name}", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
