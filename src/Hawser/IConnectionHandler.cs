namespace Hawser;

/// <summary>One protocol, as spoken on one connection from its first byte to its last.</summary>
/// <remarks>
/// The same handler runs under every <see cref="Models.IConcurrencyModel"/>. It keeps the state of a connection in the
/// locals of its method and awaits nothing that blocks; what several connections share is one object that guards
/// itself. An <c>await</c> returns to the connection's thread. A handler that leaves it (<c>ConfigureAwait(false)</c>,
/// <see cref="Task.Run(Action)"/>) works, but stays where it is: under the event loops each of its calls is handed to the
/// loop, under the models that block its calls block the thread that it is on. An <c>async void</c> method that throws ends
/// the process, as everywhere in .NET.
/// </remarks>
public interface IConnectionHandler
{
    /// <summary>Descriptors that one connection may hold at a time: its socket, and what the handler opens for it. The
    /// server reads it once, and accepts no more connections than the process has descriptors for. At least 1, the
    /// default.</summary>
    int DescriptorsPerConnection => 1;

    /// <summary>Serves one connection.</summary>
    /// <remarks>
    /// Returning, or throwing a <see cref="ProtocolException"/>, closes the connection in order: what was written
    /// arrives. Any other exception aborts it. Neither harms another connection.
    /// </remarks>
    /// <param name="connection">The connection; its reads throw <see cref="ConnectionClosedException"/> when it is
    /// reset, when a limit of the server ends it, or when the drain time of a stop is over.</param>
    /// <param name="stopping">Fires when the server begins to stop. A conversation in progress may go on until the
    /// drain time is over; <see cref="Connection.WaitForInputAsync(Deadline, CancellationToken)"/> returns
    /// <see cref="InputState.Stopping"/>.</param>
    Task HandleAsync(Connection connection, CancellationToken stopping);
}
