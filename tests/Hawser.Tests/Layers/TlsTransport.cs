using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Hawser.Transports;

namespace Hawser.Tests.Layers;

/// <summary>TLS over any transport. Sixteen kilobytes are encrypted at once; an interrupt leaves no record half
/// sent.</summary>
[SuppressMessage("Design", "CA1001", Justification = "closing the transport beneath gives everything back")]
internal sealed class TlsTransport : LayeredTransport
{
    private const int RecordBytes = 16 * 1024;

    private readonly Connection _below;
    private readonly DuplexPipeStream _stream;
    private readonly SslStream _tls;
    private readonly byte[] _plain = new byte[RecordBytes];
    private volatile CancellationTokenSource _interrupted = new();
    private int _start;
    private int _end;
    private bool _peerHasFinished;

    private TlsTransport(Transport inner, RemoteCertificateValidationCallback? validate) : base(inner)
    {
        _below = new Connection(inner);
        _stream = new DuplexPipeStream(_below);
        _tls = new SslStream(_stream, leaveInnerStreamOpen: true, validate);
    }

    public override bool HasUnsent => _below.Output.UnflushedBytes > 0;

    public static Task<Transport> AcceptAsync(
        Transport inner, SslServerAuthenticationOptions options, CancellationToken cancel) =>
        ShakeHandsAsync(new TlsTransport(inner, null), tls => tls.AuthenticateAsServerAsync(options, cancel));

    public static Task<Transport> ConnectAsync(
        Transport inner, SslClientAuthenticationOptions options, CancellationToken cancel) =>
        ShakeHandsAsync(new TlsTransport(inner, null), tls => tls.AuthenticateAsClientAsync(options, cancel));

    public override async ValueTask<bool> WaitToReceiveAsync(Deadline deadline)
    {
        if (_end > _start || _peerHasFinished)
            return true;
        _stream.Deadline = deadline;
        _stream.Interrupted = _interrupted.Token;
        try
        {
            _start = 0;
            _end = await _tls.ReadAsync(_plain);
            _peerHasFinished = _end == 0;
            return true;
        }
        catch (IOException e) when (e.InnerException is OperationCanceledException or TimeoutException)
        {
            if (_interrupted.IsCancellationRequested)
                _interrupted = new CancellationTokenSource();
            _end = 0;
            return false;
        }
        catch (IOException e) when (e.InnerException is ConnectionClosedException)
        {
            throw new SocketException((int)SocketError.ConnectionReset);
        }
        finally
        {
            _stream.EndDecrypting();
        }
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        int taken = Math.Min(buffer.Length, _end - _start);
        _plain.AsSpan(_start, taken).CopyTo(buffer.Span);
        _start += taken;
        CountReceived(taken);
        return new ValueTask<int>(taken > 0 || _peerHasFinished ? taken : NotReady);
    }

    public override async ValueTask<int> SendAsync(ReadOnlyMemory<byte> data)
    {
        int sent = 0;
        try
        {
            while (!(await _below.Output.FlushAsync()).IsCanceled && sent < data.Length)
            {
                ReadOnlyMemory<byte> record = data.Slice(sent, Math.Min(RecordBytes, data.Length - sent));
                await _tls.WriteAsync(record);
                sent += record.Length;
                CountSent(record.Length);
            }
            return sent;
        }
        catch (ConnectionClosedException)
        {
            throw new SocketException((int)SocketError.ConnectionReset);
        }
    }

    public override async ValueTask SendUnsentAsync() => await _below.Output.FlushAsync();

    public override void Interrupt()
    {
        _interrupted.Cancel();
        _below.Output.CancelPendingFlush();
    }

    public override async ValueTask FinishSendingAsync()
    {
        try
        {
            await _stream.BesideNoReadAsync(_tls.ShutdownAsync);
        }
        catch (Exception e) when (e is not ConnectionClosedException)
        {
            // After a fault. The end of the stream beneath has to do.
        }
        while (HasUnsent)
            await SendUnsentAsync();
        await _below.FinishWritingAsync();
    }

    private static async Task<Transport> ShakeHandsAsync(TlsTransport transport, Func<SslStream, Task> authenticate)
    {
        try
        {
            await authenticate(transport._tls);
            transport._stream.EndDecrypting();
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            throw new ProtocolException($"the TLS handshake failed: {e.Message}");
        }
        await transport._below.Output.FlushAsync();
        transport._stream.FlushesBeforeItWaits = false;
        return transport;
    }
}
