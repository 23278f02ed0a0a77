using System.Buffers;
using System.Net.Sockets;

namespace Hawser.App.Status;

/// <summary>A conversation with the status socket of one process. What it sends is checked like any peer's input.
/// Thread-safe.</summary>
internal sealed class StatusClient : IDisposable
{
    /// <summary>Bounds connecting, and each answer unless its caller says otherwise: a process that is stopped gives
    /// none.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Connection _connection;
    private readonly TimeProvider _time;

    // One request at a time.
    private readonly SemaphoreSlim _gate = new(1);
    private volatile bool _isClosed;

    /// <param name="path">The socket, which tells clients apart.</param>
    /// <param name="connection">A connection to it; the client disposes it.</param>
    /// <param name="time">Measures how long an answer takes.</param>
    public StatusClient(string path, Connection connection, TimeProvider time)
    {
        Path = path;
        _connection = connection;
        _time = time;
    }

    public string Path { get; }

    /// <summary>The process, or the path of its socket if that has another name.</summary>
    public string Name => NameOf(Path);

    /// <summary>Connects to the status socket of every process of this user, or to those at a path.</summary>
    /// <param name="where">One socket, or a directory of them; null for the user's runtime directory.</param>
    /// <param name="except">Sockets that are connected already.</param>
    /// <param name="warn">Receives a line for each process that does not answer.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="IOException">The directory is not the user's alone, or there is nothing at the path.</exception>
    public static async Task<List<StatusClient>> ConnectAllAsync(
        string? where, IReadOnlyCollection<string> except, Action<string> warn, CancellationToken cancel)
    {
        // All at once: those whose queue is full share one wait.
        (StatusClient? Client, string? Warning)[] answers = await Task.WhenAll(
            (where is null ? StatusFolder.List(StatusFolder.Location) : StatusFolder.Find(where))
                .Where(socket => !except.Contains(socket.Path))
                .Select(socket => ConnectAsync(socket.Process, socket.Path, isOwn: where is null, cancel)));
        foreach (string warning in answers.Select(answer => answer.Warning).OfType<string>())
            warn(warning);
        return [.. answers.Select(answer => answer.Client).OfType<StatusClient>()];
    }

    /// <param name="process">The process.</param>
    /// <param name="path">Its socket.</param>
    /// <param name="isOwn">In the user's runtime directory. Elsewhere, others may have put it there.</param>
    /// <param name="cancel">Ends the wait.</param>
    private static async Task<(StatusClient? Client, string? Warning)> ConnectAsync(
        int process, string path, bool isOwn, CancellationToken cancel)
    {
        try
        {
            return (new StatusClient(path, await Dialer.ConnectAsync(
                new UnixDomainSocketEndPoint(path), Patience, cancel), TimeProvider.System), null);
        }
        catch (ConnectException e) when (e.InnerException is SocketException
        {
            SocketErrorCode: SocketError.ConnectionRefused,
        })
        {
            if (!isOwn)
                return (null, $"{path}: no server listens there");
            StatusFolder.RemoveStale(process, path);
            return (null, null);
        }
        catch (ConnectException e)
        {
            // It may have ended since it was listed.
            return (null, System.IO.Path.Exists(path) ? $"{NameOf(path)}: {e.Message}" : null);
        }
    }

    /// <summary>The servers of the process, each with the connections that it listed.</summary>
    /// <param name="request">What to list.</param>
    /// <param name="cancel">Ends the wait, and closes the client if the request was sent.</param>
    /// <param name="patience">How long to wait for the answer [default: <see cref="Patience"/>].</param>
    /// <exception cref="StatusErrorException">The process refuses the request. The next one may succeed.</exception>
    /// <exception cref="IOException">The process does not answer, or breaks the protocol; or <paramref name="cancel"/>
    /// has ended an earlier request. The client is closed, unless the request still waited for another.</exception>
    public async Task<IReadOnlyList<(ServerStatus Server, IReadOnlyList<ConnectionStatus> Connections)>> ListAsync(
        ListRequest request, CancellationToken cancel, TimeSpan? patience = null)
    {
        List<(ServerStatus Server, List<ConnectionStatus> Connections)> servers = [];
        foreach (StatusAnswer answer in await AskAsync(request, cancel, patience))
        {
            if (answer is ServerStatus server)
                servers.Add((server, []));
            else if (answer is ConnectionStatus connection && servers.Count > 0)
                servers[^1].Connections.Add(connection);
        }
        return [.. servers.Select(server => (server.Server, (IReadOnlyList<ConnectionStatus>)server.Connections))];
    }

    /// <summary>Sends a request and reads the answer, without its end.</summary>
    /// <exception cref="StatusErrorException">As for <see cref="ListAsync"/>.</exception>
    /// <exception cref="IOException">As for <see cref="ListAsync"/>.</exception>
    public async Task<IReadOnlyList<StatusAnswer>> AskAsync(
        StatusRequest request, CancellationToken cancel, TimeSpan? patience = null)
    {
        using var limit = new CancellationTokenSource(patience ?? Patience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            await _gate.WaitAsync(both.Token);
            limit.CancelAfter(patience ?? Patience);
            try
            {
                return await ConverseAsync(request, both.Token);
            }
            finally
            {
                _gate.Release();
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"{Name} does not answer");
        }
    }

    // The gate has nothing to dispose, and a request may still hold it.
    public void Dispose()
    {
        _isClosed = true;
        _connection.Dispose();
    }

    /// <summary>Closes the client unless the answer is whole: its rest would pass for that to the next
    /// request.</summary>
    private async Task<List<StatusAnswer>> ConverseAsync(StatusRequest request, CancellationToken cancel)
    {
        if (_isClosed)
            throw Closed();
        bool isWhole = false;
        try
        {
            var line = new ArrayBufferWriter<byte>();
            StatusProtocol.Write(line, request);
            await _connection.WriteAsync(line.WrittenMemory, cancel);
            List<StatusAnswer> answers = [];
            while (!isWhole)
            {
                switch (await ReadAsync(cancel))
                {
                    case StatusEnd:
                        isWhole = true;
                        break;
                    case StatusError error:
                        isWhole = true;
                        throw new StatusErrorException(error.Message);
                    case var answer when answers.Count < StatusProtocol.MostAnswers:
                        answers.Add(answer);
                        break;
                    default:
                        throw new IOException($"{Name}: more than {StatusProtocol.MostAnswers} lines");
                }
            }
            return answers;
        }
        catch (ProtocolException e)
        {
            throw new IOException($"{Name}: {e.Message}", e);
        }
        catch (ConnectionClosedException e)
        {
            throw Closed(e);
        }
        finally
        {
            if (!isWhole)
                Dispose();
        }
    }

    private async Task<StatusAnswer> ReadAsync(CancellationToken cancel) =>
        await _connection.TryReadLineAsync(StatusProtocol.LongestAnswer, cancel) is { } line
            ? StatusProtocol.ParseAnswer(line.Span)
            : throw Closed();

    private static string NameOf(string path) =>
        StatusFolder.ProcessOf(path) is > 0 and var process ? $"process {process}" : path;

    private IOException Closed(Exception? cause = null) =>
        new($"{Name} closed its status socket", cause);
}

/// <summary>The answer is a <see cref="StatusError"/>.</summary>
internal sealed class StatusErrorException(string message) : IOException(message);
