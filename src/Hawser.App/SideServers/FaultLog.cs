namespace Hawser.App.SideServers;

/// <summary>Logs the faults of a server beside the services, with their stack traces.</summary>
/// <param name="what">The server, such as <c>the status socket</c>.</param>
/// <param name="errors">Receives the lines.</param>
internal sealed class FaultLog(string what, TextWriter errors) : IServerObserver
{
    public void Faulted(Connection connection, Exception fault) => Faulted(fault);

    public void Faulted(Exception fault) => errors.WriteLine($"ERROR: fault in {what}: {fault}");

    public void Exhausted(string resource) =>
        errors.WriteLine($"WARNING: out of {resource}: {what} closes new connections");
}
