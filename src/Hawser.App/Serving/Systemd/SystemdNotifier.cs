using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Hawser.App.Serving.Systemd;

/// <summary>Tells systemd the state of the server (sd_notify(3)), and feeds its watchdog. A message that cannot be sent
/// is lost: the server serves anyway.</summary>
internal sealed class SystemdNotifier : IDisposable
{
    // unix(7): sun_path has 108 bytes.
    private const int LongestAddressBytes = 107;

    // A timer takes 49 days.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);

    private readonly UnixDomainSocketEndPoint _address;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private Timer? _watchdog;

    private SystemdNotifier(string address, TimeSpan? watchdog)
    {
        // A leading @ stands for the NUL of the abstract namespace (unix(7)).
        _address = new UnixDomainSocketEndPoint(address.StartsWith('@') ? '\0' + address[1..] : address);
        WatchdogTimeout = watchdog;
    }

    /// <summary>The time after which systemd ends a server that does not feed the watchdog, at most a day; null without
    /// one.</summary>
    public TimeSpan? WatchdogTimeout { get; }

    /// <summary>The notifier that the environment asks for; null if it asks for none, or at an impossible
    /// address.</summary>
    public static SystemdNotifier? Find(IDictionary variables, int process)
    {
        if (!OperatingSystem.IsLinux() || variables["NOTIFY_SOCKET"] is not string { Length: > 1 } address
            || address[0] is not ('/' or '@') || Encoding.UTF8.GetByteCount(address) > LongestAddressBytes)
            return null;
        bool isMeant = variables["WATCHDOG_PID"] is not string pid || pid == $"{process}";
        bool hasWatchdog = ulong.TryParse(
            variables["WATCHDOG_USEC"] as string, NumberStyles.None, CultureInfo.InvariantCulture, out ulong microseconds);
        double bounded = Math.Min(microseconds, LongestTimeout.TotalMicroseconds);
        return new SystemdNotifier(
            address, isMeant && hasWatchdog && microseconds > 0 ? TimeSpan.FromMicroseconds(bounded) : null);
    }

    /// <summary>The server accepts connections.</summary>
    public void Ready() => Send("READY=1");

    /// <summary>The server reads its files again; <see cref="Ready"/> ends it.</summary>
    public void Reloading() => Send(string.Create(CultureInfo.InvariantCulture,
        $"RELOADING=1\nMONOTONIC_USEC={Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000)}"));

    /// <summary>The server stops.</summary>
    public void Stopping() => Send("STOPPING=1");

    /// <summary>Feeds the watchdog twice per timeout, as long as the server works.</summary>
    public void Watch(Func<bool> works)
    {
        if (WatchdogTimeout is { } timeout)
            _watchdog = new Timer(_ => Feed(works), null, TimeSpan.Zero, timeout / 2);
    }

    public void Dispose()
    {
        _watchdog?.Dispose();
        _socket.Dispose();
    }

    private void Feed(Func<bool> works)
    {
        if (works())
            Send("WATCHDOG=1");
    }

    private void Send(string state)
    {
        try
        {
            _socket.SendTo(Encoding.ASCII.GetBytes(state), _address);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // As the summary says.
        }
    }
}
