namespace Hawser.App.Serving;

/// <summary>Tells whether a server still accepts: not if a connection waits in the kernel, the server has a place for
/// it, and no connection has been served since the last look.</summary>
/// <param name="server">The server.</param>
/// <param name="observer">Counts connections.</param>
/// <param name="holdsBack">Its model may keep connections waiting while it serves others.</param>
internal sealed class AcceptWatch(Server server, ServeObserver observer, bool holdsBack)
{
    private long _seen = -1;

    /// <summary>Looks at the server.</summary>
    public bool IsAlive()
    {
        long served = observer.Arrived;
        bool isStuck = server.HasPending && served == _seen && !observer.IsShedding
            && !(holdsBack && server.Connections > 0);
        _seen = served;
        return !isStuck;
    }
}
