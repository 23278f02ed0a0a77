using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace Hawser.Kestrel;

/// <summary>A connection as Kestrel sees it: two pipes, and two pumps between them and the
/// <see cref="Connection"/>.</summary>
/// <remarks>
/// The pumps run on the connection's thread (<see cref="Connection.DuplexAsync"/>), the application on the thread pool
/// or inline. What ends them:
/// <list type="table">
/// <item><term>the peer finishes</term><description>The input completes and <c>ConnectionClosed</c> fires, as with
/// Kestrel's own transport. The application can still write.</description></item>
/// <item><term>the connection breaks, or is aborted</term><description>The input fails, the output is closed, and
/// <c>ConnectionClosed</c> fires.</description></item>
/// <item><term>the application is done</term><description>Its output is sent, then the connection is closed in
/// order.</description></item>
/// </list>
/// </remarks>
internal sealed partial class HawserConnectionContext : DefaultConnectionContext, IMemoryPoolFeature
{
    // Several segments of the output are sent together, up to this size: one packet for a header and its body.
    private const int LargestJoinedBytes = 64 * 1024;

    private static long _last;

    private readonly Connection _connection;
    private readonly ILogger _logger;
    private readonly Pipe _input;
    private readonly Pipe _output;
    private readonly PumpScheduler _receiving = new();
    private readonly PumpScheduler _sending = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ConnectionAbortedException? _abortReason;
    private int _hasClosed;

    public HawserConnectionContext(
        Connection connection, HawserTransportOptions options, MemoryPool<byte> pool, ILogger logger)
        : base($"hawser-{Interlocked.Increment(ref _last)}")
    {
        _connection = connection;
        _logger = logger;
        MemoryPool = pool;
        PipeScheduler application = options.UnsafePreferInlineScheduling
            ? PumpScheduler.Application
            : PipeScheduler.ThreadPool;
        _input = new Pipe(new PipeOptions(
            pool, readerScheduler: application, writerScheduler: _receiving,
            options.MaxReadBufferSize, options.MaxReadBufferSize / 2, useSynchronizationContext: false));
        _output = new Pipe(new PipeOptions(
            pool, readerScheduler: _sending, writerScheduler: application,
            options.MaxWriteBufferSize, options.MaxWriteBufferSize / 2, useSynchronizationContext: false));
        Transport = new PipePair(_input.Reader, _output.Writer);
        LocalEndPoint = connection.LocalEndPoint;
        RemoteEndPoint = connection.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        Features.Set<IMemoryPoolFeature>(this);
        // What the layers have attached: the address of a proxy, a TLS session.
        Features.Set(connection.Features);
    }

    public MemoryPool<byte> MemoryPool { get; }

    /// <summary>Moves bytes until the application is done or the connection breaks.</summary>
    public async Task RunAsync()
    {
        using CancellationTokenRegistration aborted = _connection.Aborted.UnsafeRegister(
            static context => ((HawserConnectionContext)context!).OnAborted(), this);
        try
        {
            await _connection.DuplexAsync(ReceiveAsync, _ => SendAsync());
        }
        finally
        {
            // No pump runs if there is no thread for it.
            await _input.Writer.CompleteAsync();
            await _output.Reader.CompleteAsync();
            FireClosed();
            _ended.SetResult();
        }
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        Interlocked.CompareExchange(ref _abortReason, abortReason, null);
        _connection.Abort();
    }

    /// <summary>The application is done. Completes when its output has been sent.</summary>
    public override async ValueTask DisposeAsync()
    {
        // Not those of Transport, which middleware may have replaced.
        await _input.Reader.CompleteAsync();
        await _output.Writer.CompleteAsync();
        await _ended.Task;
        await base.DisposeAsync();
    }

    private async Task ReceiveAsync(CancellationToken over)
    {
        _receiving.Enter();
        Exception? error = null;
        try
        {
            ReadOnlyMemory<byte> received;
            FlushResult flushed = default;
            while (!flushed.IsCompleted && !flushed.IsCanceled
                && !(received = await _connection.ReadAsync(over)).IsEmpty)
                flushed = await _input.Writer.WriteAsync(received, CancellationToken.None);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The application is done.
        }
        catch (Exception e)
        {
            error = e;
            throw;
        }
        finally
        {
            await _input.Writer.CompleteAsync(Explain(error));
            FireClosed();
        }
    }

    private async Task SendAsync()
    {
        _sending.Enter();
        Exception? error = null;
        try
        {
            ReadResult read;
            do
            {
                read = await _output.Reader.ReadAsync();
                if (read.IsCanceled)
                    break;
                await SendAsync(read.Buffer);
                _output.Reader.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
        }
        catch (Exception e)
        {
            // A connection that breaks completes the writes of the application, and fails its reads.
            error = e is ConnectionClosedException ? null : e;
            throw;
        }
        finally
        {
            await _output.Reader.CompleteAsync(error);
        }
    }

    private ValueTask SendAsync(ReadOnlySequence<byte> bytes) =>
        bytes.IsSingleSegment ? _connection.WriteAsync(bytes.First) : SendJoinedAsync(bytes);

    private async ValueTask SendJoinedAsync(ReadOnlySequence<byte> bytes)
    {
        PipeWriter joined = _connection.Output;
        while (!bytes.IsEmpty)
        {
            ReadOnlySequence<byte> piece = bytes.Slice(0, Math.Min(bytes.Length, LargestJoinedBytes));
            piece.CopyTo(joined.GetSpan((int)piece.Length));
            joined.Advance((int)piece.Length);
            await joined.FlushAsync();
            bytes = bytes.Slice(piece.End);
        }
    }

    /// <summary>The connection has ended from outside its pumps: the one that waits for the application must end
    /// too.</summary>
    private void OnAborted()
    {
        _input.Writer.CancelPendingFlush();
        _output.Reader.CancelPendingRead();
        FireClosed();
    }

    private void FireClosed()
    {
        if (Interlocked.Exchange(ref _hasClosed, 1) == 0)
            _ = CancelAsync();

        async Task CancelAsync()
        {
            Task cancelled = _closed.CancelAsync();
            await cancelled.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancelled.Exception is { } fault)
                LogCallbackFault(fault);
        }
    }

    /// <summary>The exceptions that Kestrel expects of a transport.</summary>
    private Exception? Explain(Exception? error) => error switch
    {
        null => null,
        ConnectionClosedException { Reason: CloseReason.PeerReset } =>
            new ConnectionResetException(error.Message, error),
        _ => _abortReason ?? new ConnectionAbortedException(error.Message, error),
    };

    [LoggerMessage(30, LogLevel.Error, "A callback of ConnectionClosed threw")]
    private partial void LogCallbackFault(Exception fault);

    private sealed class PipePair(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
