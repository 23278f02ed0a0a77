using System.Buffers;
using System.Net.Sockets;

namespace Hawser.App.Status;

/// <summary>A conversation with the status socket of one process. What it sends is checked like any peer's input.
/// Thread-safe.</summary>
internal sealed class StatusClient : IDisposable
{
    /// <summary>For connecting, and for each answer: a process that is stopped gives none.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Connection _connection;

    // One request at a time.
    private readonly SemaphoreSlim _gate = new(1);

    private StatusClient(int process, Connection connection)
    {
        Process = process;
        _connection = connection;
    }

    public int Process { get; }

    /// <summary>Connects to the status socket of every process of this user.</summary>
    /// <param name="except">Processes that are connected already.</param>
    /// <param name="warn">Receives a line for each process that does not answer.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="IOException">The runtime directory is not the user's alone.</exception>
    public static async Task<List<StatusClient>> ConnectAllAsync(
        IReadOnlyCollection<int> except, Action<string> warn, CancellationToken cancel)
    {
        List<StatusClient> clients = [];
        foreach ((int process, string path) in StatusFolder.List(StatusFolder.Location))
        {
            if (except.Contains(process))
                continue;
            try
            {
                clients.Add(new StatusClient(process, await Dialer.ConnectAsync(
                    new UnixDomainSocketEndPoint(path), Patience, cancel)));
            }
            catch (ConnectException e) when (e.InnerException is SocketException
            {
                SocketErrorCode: SocketError.ConnectionRefused,
            })
            {
                StatusFolder.RemoveStale(process, path);
            }
            catch (ConnectException e)
            {
                // It may have ended since it was listed.
                if (Path.Exists(path))
                    warn($"process {process}: {e.Message}");
            }
        }
        return clients;
    }

    /// <summary>The servers of the process, each with the connections that it listed.</summary>
    /// <exception cref="IOException">The process does not answer, or answers with an error.</exception>
    public async Task<IReadOnlyList<(ServerStatus Server, IReadOnlyList<ConnectionStatus> Connections)>> ListAsync(
        ListRequest request, CancellationToken cancel)
    {
        List<(ServerStatus Server, List<ConnectionStatus> Connections)> servers = [];
        foreach (StatusAnswer answer in await AskAsync(request, cancel))
        {
            if (answer is ServerStatus server)
                servers.Add((server, []));
            else if (answer is ConnectionStatus connection && servers.Count > 0)
                servers[^1].Connections.Add(connection);
        }
        return [.. servers.Select(server => (server.Server, (IReadOnlyList<ConnectionStatus>)server.Connections))];
    }

    /// <summary>Sends a request and reads the answer, without its end.</summary>
    /// <exception cref="IOException">As for <see cref="ListAsync"/>.</exception>
    public async Task<IReadOnlyList<StatusAnswer>> AskAsync(StatusRequest request, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        await _gate.WaitAsync(cancel);
        try
        {
            var line = new ArrayBufferWriter<byte>();
            StatusProtocol.Write(line, request);
            await _connection.WriteAsync(line.WrittenMemory, patience.Token);
            List<StatusAnswer> answers = [];
            while (true)
            {
                switch (await ReadAsync(patience.Token))
                {
                    case StatusEnd:
                        return answers;
                    case StatusError error:
                        throw new IOException(error.Message);
                    case var answer when answers.Count < StatusProtocol.MostAnswers:
                        answers.Add(answer);
                        break;
                    default:
                        throw new IOException($"more than {StatusProtocol.MostAnswers} lines");
                }
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"process {Process} does not answer");
        }
        catch (ProtocolException e)
        {
            throw new IOException($"process {Process}: {e.Message}", e);
        }
        catch (ConnectionClosedException e)
        {
            throw new IOException($"process {Process} closed its status socket", e);
        }
        finally
        {
            _gate.Release();
        }
    }

    // The gate has nothing to dispose, and a request may still hold it.
    public void Dispose() => _connection.Dispose();

    private async Task<StatusAnswer> ReadAsync(CancellationToken cancel) =>
        await _connection.TryReadLineAsync(StatusProtocol.LongestAnswer, cancel) is { } line
            ? StatusProtocol.ParseAnswer(line.Span)
            : throw new IOException($"process {Process} closed its status socket");
}
