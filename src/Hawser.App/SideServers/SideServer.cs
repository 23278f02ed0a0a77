using Hawser.Models;

namespace Hawser.App.SideServers;

/// <summary>The servers that a serving process has beside its services: status, metrics, dashboard.</summary>
internal static class SideServer
{
    /// <summary>One event loop, because a busy process may lack a thread for a connection, and descriptors of its own,
    /// because the services may have used up theirs. It has no address yet, and default limits.</summary>
    /// <param name="what">The server, such as <c>the status socket</c>.</param>
    /// <param name="errors">Receives its faults.</param>
    public static ServerOptions Options(string what, TextWriter errors)
    {
        ConcurrencyModel epoll = ConcurrencyModels.Get("epoll");
        return new ServerOptions
        {
            EndPoints = [],
            Model = epoll.IsAvailable ? epoll : ConcurrencyModels.Get("select"),
            ModelOptions = new ModelOptions { Loops = 1 },
            ReservesDescriptors = true,
            HasSpans = false,
            Observer = new FaultLog(what, errors),
        };
    }
}
