namespace Hawser;

/// <summary>One protocol, spoken on one connection from its first byte to its last.</summary>
/// <remarks>
/// The same handler runs under every <see cref="Models.IConcurrencyModel"/>. Keep the state of a connection in locals
/// and
/// do not block; state shared between connections must be thread-safe. Under every model but <c>async</c>, an
/// <c>await</c> returns to the connection's thread. A handler that leaves it (<c>ConfigureAwait(false)</c>,
/// <see cref="Task.Run(Action)"/>) works: under event loops each of its calls is posted to the loop; under blocking
/// models
/// its calls block the thread that it is on. An <c>async void</c> method that throws ends the process, as everywhere in
/// .NET.
/// </remarks>
public interface IConnectionHandler
{
    /// <summary>The descriptors that one connection may hold at a time: its socket, and those that the handler opens.
    /// Read once; the server accepts no more connections than the process has descriptors for. At least 1, the
    /// default.</summary>
    int DescriptorsPerConnection => 1;

    /// <summary>Serves one connection.</summary>
    /// <remarks>Returning, or throwing a <see cref="ProtocolException"/>, closes the connection in order: written bytes
    /// arrive. Any other exception aborts it. Neither affects other connections.</remarks>
    /// <param name="connection">The connection. Its reads throw <see cref="ConnectionClosedException"/> when it is
    /// reset, when a limit of the server ends it, or at the end of the drain timeout.</param>
    /// <param name="stopping">Fires when the server begins to stop. A conversation in progress may continue until the
    /// end of the drain timeout; <see cref="Connection.WaitForInputAsync(Deadline, CancellationToken)"/> returns
    /// <see cref="InputState.Stopping"/>.</param>
    Task HandleAsync(Connection connection, CancellationToken stopping);
}
