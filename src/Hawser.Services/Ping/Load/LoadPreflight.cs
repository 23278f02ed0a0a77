using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hawser.Native;
using Hawser.Services.Text;

namespace Hawser.Services.Ping.Load;

/// <summary>Checks the limits of this machine before a load.</summary>
public static class LoadPreflight
{
    // The descriptors that the process needs besides its connections.
    private const int OwnDescriptors = 100;

    /// <summary>The limits that the load would exceed, each with its cure.</summary>
    public static IReadOnlyList<string> FindObstacles(PingLoadOptions options)
    {
        if (!OperatingSystem.IsLinux())
            return options.IsChurn ? ["churn needs Linux"] : [];
        var obstacles = new List<string>();
        if (options.IsChurn && options.Servers.FirstOrDefault(server =>
            server is not IPEndPoint { AddressFamily: AddressFamily.InterNetwork }) is { } other)
        {
            obstacles.Add($"churn needs an IPv4 address, like 127.0.0.1:8000; {EndPointText.Of(other)} is none");
        }
        if (options.IsChurn && options.Servers.Any(server => options.Layers(server).Count > 0))
            obstacles.Add("churn needs connections without layers, such as TLS");
        if (DescriptorLimit.Read() is { } descriptors && options.Clients + OwnDescriptors > descriptors)
        {
            obstacles.Add($"{options.Clients} clients need {options.Clients + OwnDescriptors} descriptors, the limit "
                + $"is {descriptors}; raise it with 'ulimit -n'");
        }
        int perServer = (options.Clients + options.Servers.Count - 1) / options.Servers.Count;
        bool needsPorts = options.Servers.Any(server => server is not UnixDomainSocketEndPoint);
        if (needsPorts && EphemeralPorts() is { } ports && perServer > ports)
        {
            obstacles.Add($"{perServer} connections to one address need as many local ports, there are {ports}; widen "
                + "net.ipv4.ip_local_port_range or name more servers");
        }
        return obstacles;
    }

    /// <summary>The conditions that may distort the figures, each with its cure.</summary>
    public static IReadOnlyList<string> FindDoubts(PingLoadOptions options)
    {
        if (!OperatingSystem.IsLinux() || options.Ramp > TimeSpan.Zero
            || SystemFile.ReadNumber("/proc/sys/net/core/somaxconn") is not { } most || options.Clients <= most)
        {
            return [];
        }
        return [$"{options.Clients} connections at once may overflow the server's backlog, which is at most {most} "
            + "here; spread them with --ramp or raise net.core.somaxconn"];
    }

    private static long? EphemeralPorts()
    {
        string[] ends = SystemFile.Lines("/proc/sys/net/ipv4/ip_local_port_range").FirstOrDefault("").Split(
            (char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return ends.Length == 2
            && long.TryParse(ends[0], CultureInfo.InvariantCulture, out long low)
            && long.TryParse(ends[1], CultureInfo.InvariantCulture, out long high) ? high - low + 1 : null;
    }
}
