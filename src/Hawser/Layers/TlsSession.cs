using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Hawser.Layers;

/// <summary>What a TLS handshake agreed on; see <see cref="Connection.Features"/>.</summary>
public sealed class TlsSession
{
    internal TlsSession(SslStream tls)
    {
        Protocol = tls.SslProtocol;
        CipherSuite = tls.NegotiatedCipherSuite;
        Application = tls.NegotiatedApplicationProtocol.ToString();
        ServerName = tls.TargetHostName;
        PeerCertificate = tls.RemoteCertificate as X509Certificate2;
    }

    /// <summary>TLS 1.2 or 1.3.</summary>
    public SslProtocols Protocol { get; }

    /// <summary>The version of <see cref="Protocol"/>: <c>1.2</c> or <c>1.3</c>.</summary>
    public string Version => Protocol == SslProtocols.Tls13 ? "1.3" : "1.2";

    /// <summary>The cipher suite.</summary>
    public TlsCipherSuite CipherSuite { get; }

    /// <summary>The ALPN protocol, such as <c>hawser/ping</c>; empty if none was negotiated.</summary>
    public string Application { get; }

    /// <summary>The server name that the client asked for (SNI); empty if it named none.</summary>
    public string ServerName { get; }

    /// <summary>The peer's certificate, as the options of the handshake verified it; null if it sent none.</summary>
    public X509Certificate2? PeerCertificate { get; }
}
