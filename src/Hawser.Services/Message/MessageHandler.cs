using System.Buffers;
using System.Collections.Concurrent;
using Hawser.Services.Text;

namespace Hawser.Services.Message;

/// <summary>Writes each message to one output, byte for byte.</summary>
/// <remarks>A message is what a client sends before its half-close (FIN), without header or end mark. The server
/// half-closes once it has written the message. In every other case it resets the connection and logs a line: a refused
/// message left nothing in the output, a truncated one left its beginning.</remarks>
internal sealed class MessageHandler : IConnectionHandler, IAsyncDisposable
{
    private const int ChunkBytes = 256 * 1024;

    private readonly MessageOptions _options;
    private readonly ByteBudget _memory;
    private readonly ByteBudget _disk;
    private readonly MessageOutput _output;
    private readonly MessageLog _log;
    private readonly StallWatch _watch;
    private readonly ConcurrentDictionary<IncomingMessage, bool> _underWay = new();
    private readonly CancellationTokenSource _closed = new();
    private int _receiving;
    private volatile bool _drainIsOver;

    public MessageHandler(MessageOptions options, ServiceEnvironment environment)
    {
        _options = options;
        _memory = new ByteBudget(options.MemoryLimitBytes);
        _disk = new ByteBudget(options.SpoolLimitBytes);
        _output = new MessageOutput(environment.Output, environment.Fail);
        _log = new MessageLog(environment.Events, environment.Errors, environment.Meter);
        _watch = new StallWatch(options, FindWaitedFor);
    }

    /// <summary>The socket and the spool file of a long message.</summary>
    public int DescriptorsPerConnection => 2;

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        using var message = new IncomingMessage(
            connection, new MessageSpool(_memory, _disk, _options.SpoolFolder));
        _underWay[message] = true;
        try
        {
            string? cut = await ReceiveAsync(message);
            await WriteRestAsync(message, mayBeRefused: cut is null, stopping);
            if (cut is null)
                await ConfirmAsync(message);
            else
                End(message, isCut: true, cut);
        }
        catch (MessageRefusedException e)
        {
            End(message, isCut: message.HasBegun, e.Message);
            if (_disk.IsShort)
                _watch.Begin();
        }
        catch (IOException) when (_output.IsGone)
        {
            connection.Abort();
        }
        finally
        {
            _underWay.TryRemove(message, out _);
        }
    }

    /// <summary>Ends the output's thread, unless a write blocks it. Logs every unfinished message and writes no more of
    /// it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_closed.IsCancellationRequested)
            return;
        _watch.Dispose();
        IncomingMessage[] stuck = [.. _underWay.Keys];
        Task close = _output.CloseAsync(isStuck: stuck.Length > 0);
        foreach (IncomingMessage message in stuck)
            End(message, isCut: message.HasBegun, "the server stopped, and the output takes nothing");
        // Continuations of the waiting messages may run on this thread.
        _ = _closed.CancelAsync();
        await close;
        _log.WriteTotals();
    }

    /// <returns>Null when the message is complete; otherwise why it is truncated. What arrived is to be
    /// written.</returns>
    /// <exception cref="MessageRefusedException">Nothing of the message is to be written.</exception>
    private async Task<string?> ReceiveAsync(IncomingMessage message)
    {
        Interlocked.Increment(ref _receiving);
        try
        {
            if (_options.Order == MessageOrder.Arrival)
                message.Turn = _output.Turns.Join(message);
            if (await message.Connection.WaitForInputAsync() == InputState.Stopping)
                throw new MessageRefusedException("the server is stopping; resend it");
            if (_options.Order == MessageOrder.Interleave)
                await InterleaveAsync(message);
            else
                await StoreOrStreamAsync(message);
            return null;
        }
        catch (ProtocolException e)
        {
            throw new MessageRefusedException(e.Message, e);
        }
        catch (ConnectionClosedException e)
        {
            NoteDrain(e.Reason);
            string why = message.CutFor ?? e.Message;
            // A sender that reset may have no other copy, so what arrived is kept. A sender that the server resets can
            // resend the message.
            return e.Reason is CloseReason.PeerReset or CloseReason.Truncated || message.HasBegun
                ? why
                : throw new MessageRefusedException(why, e);
        }
        finally
        {
            message.HasEnded = true;
            Interlocked.Decrement(ref _receiving);
        }
    }

    /// <summary>Receives a message into its spool or, if it is too large for memory and has the turn, straight to the
    /// output.</summary>
    private async Task StoreOrStreamAsync(IncomingMessage message)
    {
        while (await message.Connection.ReadAsync() is { IsEmpty: false } piece)
        {
            CheckLength(message);
            if (message.Waiting.Length + piece.Length > MessageSpool.MemoryLimitBytes && TryTakeTurn(message))
            {
                await _output.WriteAsync(message, piece);
                await StreamAsync(message);
                return;
            }
            message.Waiting.Append(piece.Span);
        }
    }

    /// <summary>Takes the turn if no other message is being received, because later ones have to wait until this one
    /// ends.</summary>
    /// <returns>The message has the turn.</returns>
    private bool TryTakeTurn(IncomingMessage message)
    {
        if (message.Turn is null && Volatile.Read(ref _receiving) == 1)
            message.Turn = _output.Turns.TryTake(message);
        return message.Turn is { HasCome: true };
    }

    private Task StreamAsync(IncomingMessage message) =>
        message.Connection.BlocksItsThread ? StreamHereAsync(message) : StreamByWriterAsync(message);

    private async Task StreamHereAsync(IncomingMessage message)
    {
        if (_output.IsPipe)
        {
            while (await _output.ReceiveHereAsync(message, () => CheckLength(message)))
            {
            }
            return;
        }
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            int read;
            while ((read = await message.Connection.ReadAsync(chunk)) > 0)
            {
                CheckLength(message);
                _output.WriteHere(message, chunk.AsMemory(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private async Task StreamByWriterAsync(IncomingMessage message)
    {
        // The writer has one chunk while the connection fills the other.
        byte[] filling = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        byte[] writing = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        Task write = Task.CompletedTask;
        try
        {
            int read;
            while ((read = await message.Connection.ReadAsync(filling)) > 0)
            {
                CheckLength(message);
                await write;
                (filling, writing) = (writing, filling);
                write = _output.WriteAsync(message, writing.AsMemory(0, read));
            }
            // Before the last write, which may take long.
            message.HasEnded = true;
        }
        finally
        {
            await write;
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(writing);
        }
    }

    private async Task InterleaveAsync(IncomingMessage message)
    {
        while (await message.Connection.ReadAsync() is { IsEmpty: false } piece)
        {
            CheckLength(message);
            await _output.WriteAsync(message, piece);
        }
    }

    private void CheckLength(IncomingMessage message)
    {
        if (message.Connection.BytesReceived > _options.MaxBytes)
        {
            throw new MessageRefusedException(
                $"longer than {Quantity.FormatSize(_options.MaxBytes)} (--max-bytes)");
        }
    }

    private async Task WriteRestAsync(IncomingMessage message, bool mayBeRefused, CancellationToken stopping)
    {
        if (message.Waiting.Length == 0)
            return;
        message.Turn ??= _output.Turns.Join(message);
        if (!message.Turn.HasCome)
            await WaitForTurnAsync(message, mayBeRefused, stopping);
        if (await IsDrainOverAsync(message, stopping))
            throw StoppedTooSoon();
        await _output.WriteAsync(message);
    }

    /// <summary>Waits for the turn. The end of the drain time resets the sender, so from then on nothing may be
    /// written.</summary>
    private async Task WaitForTurnAsync(IncomingMessage message, bool mayBeRefused, CancellationToken stopping)
    {
        try
        {
            Task come = message.Turn!.WaitAsync(mayBeRefused ? message.Connection.Aborted : _closed.Token);
            _watch.Begin();
            await come;
        }
        catch (OperationCanceledException)
        {
            if (_closed.IsCancellationRequested || await IsDrainOverAsync(message, stopping))
                throw StoppedTooSoon();
            // The sender reset the connection after its FIN: the message is complete.
            await WaitForTurnAsync(message, mayBeRefused: false, stopping);
        }
    }

    /// <summary>The end of the drain time resets one connection after the other. A turn that the first of them frees is
    /// not for the next.</summary>
    private async ValueTask<bool> IsDrainOverAsync(IncomingMessage message, CancellationToken stopping)
    {
        if (!_drainIsOver && stopping.IsCancellationRequested && message.Connection.Aborted.IsCancellationRequested)
            NoteDrain(await AbortAndFindReasonAsync(message.Connection));
        return _drainIsOver;
    }

    /// <summary>Finds out why <see cref="Connection.Aborted"/> has fired. The connection has ended for that reason
    /// already, and keeps it: the abort only makes sure that the next call fails, with the reason.</summary>
    private static async Task<CloseReason> AbortAndFindReasonAsync(Connection connection)
    {
        connection.Abort();
        try
        {
            await connection.FinishWritingAsync();
            return CloseReason.Aborted;
        }
        catch (ConnectionClosedException e)
        {
            return e.Reason;
        }
    }

    private void NoteDrain(CloseReason reason) => _drainIsOver |= reason == CloseReason.DrainTimeout;

    private static MessageRefusedException StoppedTooSoon() =>
        new("the server stopped before its turn came; resend it");

    /// <summary>Tells the sender that its message is written.</summary>
    private async Task ConfirmAsync(IncomingMessage message)
    {
        if (!_underWay.TryRemove(message, out _))
            return;
        try
        {
            await message.Connection.FinishWritingAsync();
        }
        catch (ConnectionClosedException e) when (e.Reason != CloseReason.PeerReset)
        {
            NoteDrain(e.Reason);
            _log.Unconfirmed(message, message.CutFor ?? e.Message);
        }
        catch (ConnectionClosedException)
        {
            // The sender did not wait for the confirmation.
        }
        _log.Written(message);
    }

    /// <summary>Resets the sender and logs why, once per message.</summary>
    private void End(IncomingMessage message, bool isCut, string why)
    {
        message.Connection.Abort();
        if (!_underWay.TryRemove(message, out _))
            return;
        if (isCut)
            _log.Cut(message, why);
        else
            _log.Refused(message, why);
    }

    /// <summary>The messages that block others, by their turn or by the disk they hold; null when none waits.</summary>
    private List<IncomingMessage>? FindWaitedFor()
    {
        List<IncomingMessage>? waitedFor = _output.Turns.FindWaitedFor();
        if (_disk.IsShort)
            (waitedFor ??= []).AddRange(_underWay.Keys.Where(message => message.Waiting.IsOnDisk));
        return waitedFor;
    }
}
