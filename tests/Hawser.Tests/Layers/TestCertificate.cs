using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hawser.Tests.Layers;

/// <summary>A certificate made for the tests, and both sides' options.</summary>
internal static class TestCertificate
{
    private const string Name = "hawser.test";

    private static readonly X509Certificate2 Certificate = Create();

    public static SslServerAuthenticationOptions Server { get; } = new() { ServerCertificate = Certificate };

    public static SslClientAuthenticationOptions Client { get; } = new()
    {
        TargetHost = Name,
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate!.GetCertHashString() == Certificate.GetCertHashString(),
    };

    private static X509Certificate2 Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Name}", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
