namespace Hawser.App.Lab.Processes;

/// <summary>Waits for a listener without connecting: some programs serve one connection only, and a burst needs a
/// server that has served no client.</summary>
internal static class ListeningPort
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(2);

    // proc_net_tcp.rst: 0A is LISTEN; a bound UDP socket is 07, CLOSE.
    private static readonly (string Path, string State)[] Tables =
    [
        ("/proc/net/tcp", "0A"), ("/proc/net/tcp6", "0A"), ("/proc/net/udp", "07"), ("/proc/net/udp6", "07"),
    ];

    /// <summary>Waits until a TCP or UDP socket is bound to the port and, of TCP, listens.</summary>
    /// <exception cref="LabException">There is no /proc/net.</exception>
    public static async Task UntilOpenAsync(int port, CancellationToken cancel)
    {
        if (!File.Exists(Tables[0].Path))
            throw new LabException("tasks and bursts need Linux: they watch /proc/net for the server's port");
        string end = $":{port:X4}";
        while (!Tables.Any(table => File.Exists(table.Path) && File.ReadLines(table.Path).Any(line =>
            line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries) is [_, var local, _, var state, ..]
                && state == table.State && local.EndsWith(end, StringComparison.Ordinal))))
        {
            await Task.Delay(BetweenLooks, cancel);
        }
    }
}
