using System.Net;

namespace Hawser.App.Verbs;

/// <summary>Says what happens in a server, a line each.</summary>
/// <param name="prefix">Names the service where several run.</param>
/// <param name="log">Takes the listening line.</param>
/// <param name="errors">Takes the rest.</param>
/// <param name="bounds">What the service takes at most, said once it listens; null where there is nothing to
/// say.</param>
internal sealed class ServeObserver(string prefix, TextWriter log, TextWriter errors, string? bounds = null) : IServerObserver
{
    private string? _bounds = bounds;

    public void Listening(EndPoint endPoint)
    {
        log.WriteLine($"{prefix}Listening on {endPoint}");
        if (Interlocked.Exchange(ref _bounds, null) is { } once)
            errors.WriteLine($"{prefix}{once}");
    }

    public void Faulted(Connection connection, Exception fault) =>
        errors.WriteLine($"{prefix}fault while serving connection {connection.Id}: {fault}");

    public void Exhausted(string what) =>
        errors.WriteLine($"{prefix}WARNING: out of {what}: closing new connections until some are free ({Cure(what)})");

    public void Recovered(long shed) => errors.WriteLine($"{prefix}recovered; {shed} connections were closed unserved");

    public void Drained(DrainReport report)
    {
        if (report.Finished + report.Aborted + report.Stuck > 0)
        {
            errors.WriteLine($"{prefix}stopped: {report.Finished} connections finished, {report.Aborted} were aborted, "
                + $"{report.Stuck} did not end");
        }
    }

    private static string Cure(string what) => what switch
    {
        "threads" => "raise the limit, see ulimit -u",
        "memory" => "raise the limit of the container or DOTNET_GCHeapHardLimit, or lower --max-connections",
        _ => "raise the limit, see ulimit -n",
    };
}
