using System.Net.Security;
using System.Runtime.ExceptionServices;
using Hawser.Transports;

namespace Hawser.Layers;

/// <summary>TLS 1.2 and 1.3 as a layer, by <see cref="SslStream"/>: for <see cref="ServerOptions.Layers"/> and
/// <see cref="DialOptions.Layers"/>.</summary>
/// <remarks>
/// A half-close sends close_notify and then FIN; the peer's close_notify is its end of the stream. If the peer's stream
/// ends without it, the read throws <see cref="ConnectionClosedException"/> with <see cref="CloseReason.Truncated"/>,
/// so that a part is never taken for the whole. <see cref="Connection.Dispose"/> without
/// <see cref="Connection.FinishWritingAsync"/> is such an end for the peer. A record that breaks the protocol, or a
/// renegotiation, ends the connection with a <see cref="ProtocolException"/>. An open connection has a
/// <see cref="TlsSession"/> among its <see cref="Connection.Features"/>.
/// </remarks>
public static class TlsLayer
{
    /// <summary>How long a server waits for a handshake: 10 s.</summary>
    public static readonly TimeSpan DefaultHandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The server's side.</summary>
    /// <param name="choose">Called for every handshake with what the client asked for: the place to choose a
    /// certificate by name, and to replace certificates while the server runs. Any thread.</param>
    /// <param name="handshakeTimeout">Bounds the handshake, within <see cref="ServerLimits.FirstByteTimeout"/>. Default
    /// <see cref="DefaultHandshakeTimeout"/>.</param>
    public static Func<Transport, CancellationToken, ValueTask<Transport>> Server(
        Func<SslClientHelloInfo, SslServerAuthenticationOptions> choose, TimeSpan? handshakeTimeout = null)
    {
        ArgumentNullException.ThrowIfNull(choose);
        TimeSpan timeout = handshakeTimeout ?? DefaultHandshakeTimeout;
        return async (inner, cancel) =>
        {
            long begun = inner.Metrics?.BeginHandshake() ?? 0;
            try
            {
                Transport transport = await OpenServerAsync(inner, choose, timeout, cancel);
                inner.Metrics?.EndHandshake(begun, inner.Features.Get<TlsSession>(), null);
                return transport;
            }
            catch (Exception e)
            {
                inner.Metrics?.EndHandshake(begun, null, e);
                throw;
            }
        };
    }

    /// <summary>The client's side. <see cref="DialOptions.Timeout"/> bounds the handshake. The layer throws
    /// <see cref="ConnectException"/> if the handshake fails: the server's certificate is not trusted, or the server
    /// does not speak TLS.</summary>
    /// <param name="options">The server's name, what to trust, and the client's own certificate.</param>
    public static Func<Transport, CancellationToken, ValueTask<Transport>> Client(
        SslClientAuthenticationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return async (inner, cancel) =>
        {
            try
            {
                return await OpenAsync(
                    inner, (tls, limit) => tls.AuthenticateAsClientAsync(options, limit),
                    Timeout.InfiniteTimeSpan, cancel);
            }
            catch (Exception e) when (e is ProtocolException or ConnectionClosedException)
            {
                throw new ConnectException($"{inner.RemoteEndPoint}: {e.Message}", e);
            }
        };
    }

    /// <summary>The cause on one line, in OpenSSL's words if it is one of the protocol's.</summary>
    internal static string Explain(Exception e)
    {
        // The inner exceptions are those of OpenSSL, which names the alert.
        while (e.InnerException is { } inner)
            e = inner;
        if (e.Message.Contains(nameof(SslPolicyErrors.RemoteCertificateNotAvailable), StringComparison.Ordinal))
            return "the peer sent no certificate";
        // SslStream asks for the certificate in vain if the first record is an alert.
        if (e.Message.StartsWith("The server mode SSL must use a certificate", StringComparison.Ordinal))
            return "the peer sent no ClientHello";
        return e.Message.ReplaceLineEndings(" ");
    }

    private static async ValueTask<Transport> OpenServerAsync(
        Transport inner, Func<SslClientHelloInfo, SslServerAuthenticationOptions> choose, TimeSpan timeout,
        CancellationToken cancel)
    {
        ExceptionDispatchInfo? fault = null;
        try
        {
            return await OpenAsync(
                inner, (tls, limit) => tls.AuthenticateAsServerAsync((_, hello, _, _) => Choose(hello), null, limit),
                timeout, cancel);
        }
        catch (ProtocolException)
        {
            fault?.Throw();
            throw;
        }

        ValueTask<SslServerAuthenticationOptions> Choose(SslClientHelloInfo hello)
        {
            try
            {
                return new(choose(hello));
            }
            catch (Exception e)
            {
                fault = ExceptionDispatchInfo.Capture(e);
                throw;
            }
        }
    }

    private static async ValueTask<Transport> OpenAsync(
        Transport inner, Func<SslStream, CancellationToken, Task> authenticate, TimeSpan timeout,
        CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(timeout, inner.Clock.Provider);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            TlsTransport transport = await TlsTransport.OpenAsync(inner, authenticate, limit.Token);
            inner.Features.Set(new TlsSession(transport.Tls));
            return transport;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new ProtocolException(
                $"TLS handshake not finished within {timeout.TotalSeconds:0.###} s", CloseReason.FirstByteTimeout);
        }
        catch (IOException e) when (
            (e as ConnectionClosedException ?? e.InnerException) is ConnectionClosedException closed)
        {
            throw new ConnectionClosedException(closed.Reason, closed);
        }
        catch (Exception e) when (e is not (OperationCanceledException or ProtocolException))
        {
            // On some malformed records, SslStream throws exceptions that it does not document.
            throw new ProtocolException($"TLS handshake failed: {Explain(e)}");
        }
    }
}
