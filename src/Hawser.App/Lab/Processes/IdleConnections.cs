using System.Net;

namespace Hawser.App.Lab.Processes;

/// <summary>Open connections that stay idle.</summary>
internal sealed class IdleConnections : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly List<Connection> _connections = [];

    /// <summary>Opens them one after another, so that the backlog does not overflow.</summary>
    /// <exception cref="LabException">One of them could not be opened.</exception>
    public static Task<IdleConnections> OpenAsync(EndPoint server, int count, CancellationToken cancel) =>
        Task.Run(() =>
    {
        var idle = new IdleConnections();
        try
        {
            while (idle._connections.Count < count)
            {
                cancel.ThrowIfCancellationRequested();
                idle._connections.Add(Dialer.Connect(server, Timeout));
            }
            return idle;
        }
        catch (IOException e)
        {
            idle.Dispose();
            throw new LabException(
                $"only {idle._connections.Count} of {count} idle connections could be opened: {e.Message}");
        }
        catch
        {
            idle.Dispose();
            throw;
        }
    }, cancel);

    public void Dispose()
    {
        foreach (Connection connection in _connections)
            connection.Dispose();
    }
}
