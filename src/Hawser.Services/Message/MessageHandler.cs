using System.Buffers;

namespace Hawser.Services.Message;

/// <summary>Writes what each client sends, until it finishes, to one output, byte for byte.</summary>
/// <remarks>
/// The wire is the message and nothing else: no header, no end mark; the client's half-close (FIN) ends it. When the
/// message is written, the server closes.
/// </remarks>
internal sealed class MessageHandler : IConnectionHandler, IAsyncDisposable
{
    private const int ChunkBytes = 256 * 1024;

    private readonly MessageOptions _options;
    private readonly MessageMemory _memory;
    private readonly MessageOutput _output;
    private readonly TextWriter _errors;
    private int _underWay;

    public MessageHandler(MessageOptions options, ServiceEnvironment environment)
    {
        _options = options;
        _memory = new MessageMemory(options.MemoryLimitBytes);
        _output = new MessageOutput(environment.Output, environment.Fail);
        _errors = environment.Errors;
    }

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        Interlocked.Increment(ref _underWay);
        TurnQueue.Turn? turn = _options.Order == MessageOrder.Arrival ? _output.Turns.Join() : null;
        using var waiting = new MessageSpool(_memory, _options.SpoolFolder);
        try
        {
            if (_options.Order == MessageOrder.Interleave)
                await InterleaveAsync(connection);
            else
                turn = await ReceiveAsync(connection, waiting, turn);
        }
        catch (ConnectionClosedException e)
        {
            _errors.WriteLine($"message {connection.Id} from {connection.RemoteEndPoint} is cut after "
                + $"{connection.BytesReceived} bytes: {e.Message}");
        }
        catch (SpoolException e)
        {
            waiting.Dispose();
            Refuse(connection, e);
        }
        catch (IOException) when (_output.HasFailed)
        {
            connection.Abort();
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
            await WriteRestAsync(connection, waiting, turn);
        }
    }

    /// <summary>The output's thread ends after the last message.</summary>
    public ValueTask DisposeAsync() => _output.DisposeAsync();

    /// <summary>Receives a whole message, to where it waits or, once it has the turn, straight to the output.</summary>
    /// <returns>The turn, if it has one.</returns>
    private async Task<TurnQueue.Turn?> ReceiveAsync(Connection connection, MessageSpool waiting, TurnQueue.Turn? turn)
    {
        while (await connection.ReadAsync() is { IsEmpty: false } piece)
        {
            waiting.Append(piece.Span);
            if (turn is null && MayStream(waiting))
                turn = _output.Turns.TryTake();
            if (turn is { HasCome: true })
            {
                try
                {
                    await StreamAsync(connection, waiting);
                }
                catch
                {
                    // The caller takes over: what came is still to be accounted for under this turn.
                    await turn.DisposeAsync();
                    throw;
                }
                break;
            }
        }
        return turn;
    }

    /// <summary>A large message need not wait on disk while nobody else is there. Once it streams, later ones wait for
    /// its end; so it may not begin to while others are under way.</summary>
    private bool MayStream(MessageSpool waiting) =>
        waiting.Length >= MessageSpool.MemoryLimitBytes / 2 && Volatile.Read(ref _underWay) == 1;

    private async Task StreamAsync(Connection connection, MessageSpool waiting)
    {
        if (connection.BlocksItsThread)
            await StreamHereAsync(connection, waiting);
        else
            await StreamByWriterAsync(connection, waiting);
    }

    private async Task StreamHereAsync(Connection connection, MessageSpool waiting)
    {
        await _output.WriteAsync(waiting.MoveTo);
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            int read;
            while ((read = await connection.ReadAsync(chunk)) > 0)
                _output.WriteHere(chunk.AsMemory(0, read));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private async Task StreamByWriterAsync(Connection connection, MessageSpool waiting)
    {
        // The writer has one chunk while the connection fills the other.
        byte[] filling = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        byte[] writing = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        Task write = _output.WriteAsync(waiting.MoveTo);
        try
        {
            int read;
            while ((read = await connection.ReadAsync(filling)) > 0)
            {
                await write;
                (filling, writing) = (writing, filling);
                ReadOnlyMemory<byte> chunk = writing.AsMemory(0, read);
                write = _output.WriteAsync(output => output.Write(chunk.Span));
            }
        }
        finally
        {
            await write;
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(writing);
        }
    }

    private async Task InterleaveAsync(Connection connection)
    {
        while (await connection.ReadAsync() is { IsEmpty: false } piece)
            await _output.WriteAsync(output => output.Write(piece.Span));
    }

    private async Task WriteRestAsync(Connection connection, MessageSpool waiting, TurnQueue.Turn? turn)
    {
        if (waiting.Length == 0 && turn is null)
            return;
        await using TurnQueue.Turn mine = turn ?? _output.Turns.Join();
        await mine.Come;
        try
        {
            if (waiting.Length > 0)
                await _output.WriteAsync(waiting.MoveTo);
        }
        catch (SpoolException e)
        {
            Refuse(connection, e);
        }
        catch (IOException) when (_output.HasFailed)
        {
            connection.Abort();
        }
    }

    private void Refuse(Connection connection, SpoolException e)
    {
        _errors.WriteLine($"ERROR: message {connection.Id} from {connection.RemoteEndPoint} is refused: {e.Message}; "
            + "make room there, or set TMPDIR to a folder that has some");
        connection.Abort();
    }
}
