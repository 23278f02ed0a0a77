using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hawser.App.Tls;

/// <summary>Reads certificates, keys and secrets. An error names the option and the file.</summary>
internal static class PemFiles
{
    // OpenSSL's security level 2.
    private const int ShortestRsaBits = 2048;
    private const string Ed25519 = "1.3.101.112";
    private const string Ed448 = "1.3.101.113";

    private const int ShortestSecret = 16;
    private const int LongestSecret = 256;
    private const string PrivateKeyLabel = "PRIVATE KEY";

    /// <summary>The certificates of a file, in their order.</summary>
    /// <exception cref="FormatException">The file cannot be read, or has none.</exception>
    public static X509Certificate2Collection ReadCertificates(PemFile file)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(Text(file));
        }
        catch (CryptographicException e)
        {
            throw Error(file, $"is not a PEM certificate: {e.Message}");
        }
        return certificates.Count > 0 ? certificates : throw Error(file, "has no PEM certificate");
    }

    /// <summary>A certificate with its private key, and the intermediate certificates of its file.</summary>
    /// <exception cref="FormatException">The two do not belong together, or cannot be used for TLS.</exception>
    public static SslStreamCertificateContext ReadPair(PemFile file, PemFile key)
    {
        X509Certificate2Collection chain = ReadCertificates(file);
        using X509Certificate2 first = chain[0];
        chain.RemoveAt(0);
        RequireStrongKey(file, first);
        string keyText = Text(key);
        if (keyText.Contains("ENCRYPTED", StringComparison.Ordinal))
            throw Error(key, "is encrypted; decrypt it: openssl pkey -in FILE -out DECRYPTED");
        if (!keyText.Contains(PrivateKeyLabel, StringComparison.Ordinal))
            throw Error(key, "has no PEM private key");
        try
        {
            // Offline: no intermediate certificate is downloaded.
            return SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPem(first.ExportCertificatePem(), keyText), chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw Error(key, $"is not the private key of the first certificate in {file.Path}");
        }
    }

    /// <returns>Why a certificate is not valid today; null if it is.</returns>
    public static string? WhyNotNow(X509Certificate certificate)
    {
        using var dated = new X509Certificate2(certificate);
        if (dated.NotAfter.ToUniversalTime() is var last && last < DateTime.UtcNow)
            return string.Create(CultureInfo.InvariantCulture, $"expired on {last:yyyy-MM-dd}");
        return dated.NotBefore.ToUniversalTime() is var begin && begin > DateTime.UtcNow
            ? string.Create(CultureInfo.InvariantCulture, $"is not valid before {begin:yyyy-MM-dd}")
            : null;
    }

    /// <summary>A shared secret: the first line of a file.</summary>
    /// <exception cref="FormatException">The file cannot be read, or the secret is too short or too long.</exception>
    public static byte[] ReadSecret(PemFile file)
    {
        ReadOnlySpan<byte> bytes = file.Bytes;
        int end = bytes.IndexOfAny((byte)'\n', (byte)'\r');
        ReadOnlySpan<byte> secret = end < 0 ? bytes : bytes[..end];
        return secret.Length is >= ShortestSecret and <= LongestSecret
            ? secret.ToArray()
            : throw Error(file, $"the first line has {secret.Length} bytes; "
                + $"a token has {ShortestSecret} to {LongestSecret}: openssl rand -hex 32 > FILE");
    }

    /// <summary>The certificate's SHA-256, as <c>--fingerprint</c> takes it.</summary>
    public static string FingerprintOf(X509Certificate certificate) =>
        $"sha256:{Convert.ToHexStringLower(SHA256.HashData(certificate.GetRawCertData()))}";

    /// <summary>Without this, the server would start, and every handshake would fail.</summary>
    private static void RequireStrongKey(PemFile file, X509Certificate2 certificate)
    {
        if (certificate.PublicKey.Oid.Value is Ed25519 or Ed448)
            throw Error(file, "has an Edwards-curve key, which .NET cannot use for TLS; use RSA or EC");
        using RSA? rsa = certificate.GetRSAPublicKey();
        if (rsa is { KeySize: < ShortestRsaBits and var bits })
            throw Error(file, $"has an RSA key of {bits} bits; TLS needs {ShortestRsaBits}");
    }

    private static string Text(PemFile file) => System.Text.Encoding.Latin1.GetString(file.Bytes);

    private static FormatException Error(PemFile file, string why) => new($"{file.Option}: {file.Path}: {why}");
}
