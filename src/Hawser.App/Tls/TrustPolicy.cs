using System.Security.Cryptography.X509Certificates;

namespace Hawser.App.Tls;

/// <summary>How certificates are verified against authorities of one's own.</summary>
internal static class TrustPolicy
{
    /// <summary>Trusts these authorities and no others; null for those of the system. Revocation is not checked, and
    /// nothing is downloaded.</summary>
    public static X509ChainPolicy Of(X509Certificate2Collection? authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = authorities is null ? X509ChainTrustMode.System : X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        if (authorities is not null)
            policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
