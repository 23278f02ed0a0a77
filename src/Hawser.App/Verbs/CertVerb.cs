using System.CommandLine;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.App.Tls;

namespace Hawser.App.Verbs;

/// <summary><c>hawser cert</c>: a self-signed certificate with its key, for tests and for pinning.</summary>
internal static class CertVerb
{
    private const UnixFileMode KeyMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode CertificateMode = KeyMode | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const int ValidDays = 365;

    private static readonly string[] DefaultNames = ["localhost", "127.0.0.1", "::1"];

    // Purposes of RFC 5280, 4.2.1.12: a server's and a client's certificate.
    private static readonly string[] Purposes = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];

    public static Command Create()
    {
        var verb = new VerbCommand("cert", "Write a self-signed certificate and its key, and print its fingerprint.")
        {
            Examples = ["hawser cert --out server", "hawser cert --out server --name example.org"],
        };
        Option<string> prefix = VerbOptions.Text(
            "--out", "PREFIX", "write PREFIX.crt and PREFIX.key; existing files stay as they are", "hawser");
        Option<string[]> names = VerbOptions.Values(
            "--name", "NAME", $"a host name or address that it is for; repeatable [default: {string.Join(", ", DefaultNames)}]",
            ParseName);
        Option<bool> json = VerbOptions.Flag("--json", "print a line of JSON");
        verb.AddGroup(VerbOptions.Common, prefix, names, json);
        verb.SetAction(parsed => Write(
            parsed.GetValue(prefix)!,
            parsed.GetValue(names) is { Length: > 0 } given ? given : DefaultNames,
            parsed.GetValue(json)));
        return verb;
    }

    private static string ParseName(string text) =>
        Uri.CheckHostName(text) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6
            ? text
            : throw new FormatException($"'{text}' is not a host name or address");

    private static int Write(string prefix, string[] names, bool json)
    {
        string certificateFile = $"{prefix}.crt";
        string keyFile = $"{prefix}.key";
        // First, so that a refusal leaves nothing behind.
        foreach (string file in (string[])[certificateFile, keyFile])
        {
            if (Path.Exists(file))
                throw new IOException($"{file}: exists; choose another --out or remove it");
        }
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = Sign(names, key);
        WriteNew(keyFile, key.ExportPkcs8PrivateKeyPem(), KeyMode);
        try
        {
            WriteNew(certificateFile, certificate.ExportCertificatePem(), CertificateMode);
        }
        catch
        {
            File.Delete(keyFile);
            throw;
        }
        string fingerprint = PemFiles.FingerprintOf(certificate);
        if (json)
        {
            Standard.Out.WriteLine(JsonLine.Of(line =>
            {
                line.WriteString("certificate", certificateFile);
                line.WriteString("key", keyFile);
                line.WriteString("fingerprint", fingerprint);
                line.WriteString("not_after", certificate.NotAfter.ToUniversalTime());
                line.WriteStartArray("names");
                Array.ForEach(names, line.WriteStringValue);
                line.WriteEndArray();
            }));
            return ExitCode.Done;
        }
        Standard.Error.WriteLine(
            $"wrote {certificateFile} and {keyFile} for {string.Join(", ", names)}; valid for {ValidDays} days");
        Standard.Out.WriteLine(fingerprint);
        return ExitCode.Done;
    }

    private static X509Certificate2 Sign(string[] names, ECDsa key)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
                alternatives.AddIpAddress(address);
            else
                alternatives.AddDnsName(name);
        }
        // The common name of X.520 has at most 64 characters; clients read the alternative names.
        var request = new CertificateRequest("CN=hawser", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [.. Purposes.Select(purpose => new Oid(purpose))], critical: false));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        // A day earlier, for clocks that are behind.
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(ValidDays));
    }

    private static void WriteNew(string path, string pem, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        using var file = new FileStream(path, options);
        try
        {
            file.Write(Encoding.ASCII.GetBytes(pem + "\n"));
            file.Flush(flushToDisk: true);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }
}
