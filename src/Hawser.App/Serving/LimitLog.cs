using Hawser.Limits;
using Hawser.Services.Text;

namespace Hawser.App.Serving;

/// <summary>Logs what limits have refused and closed, and the handshakes that failed: one line of each a second at most,
/// whatever happens.</summary>
internal sealed class LimitLog(TextWriter errors, TimeProvider? time = null)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Reasons may contain bytes of the peer's.
    private const int MostReasons = 5;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _overLimit = [];
    private readonly Dictionary<string, long> _failed = [];
    private string _lastFailed = "";
    private ITimer? _timer;

    /// <summary>Counts a connection that was refused.</summary>
    public void Refused(RefusalReason reason) => CountLimit(reason switch
    {
        RefusalReason.Denied => "refused by --deny",
        RefusalReason.NotAllowed => "refused by --allow",
        RefusalReason.AcceptRate => "refused by --accept-rate",
        RefusalReason.UserNotAllowed => "refused by --allow-uid",
        _ => "refused by --max-per-address",
    });

    /// <summary>Counts a connection that a limit has closed; others are no news.</summary>
    public void Closed(CloseReason reason)
    {
        string? by = reason switch
        {
            CloseReason.TooSlow => "closed by --min-rate",
            CloseReason.TotalTimeout => "closed by --total-timeout",
            CloseReason.ByteLimit => "closed by --max-connection-bytes",
            CloseReason.HandshakeLimit => "closed by --max-handshakes",
            _ => null,
        };
        if (by is not null)
            CountLimit(by);
    }

    /// <summary>Counts a connection that a layer has ended.</summary>
    public void HandshakeFailed(string peer, string why)
    {
        lock (_gate)
        {
            Count(_failed, _failed.Count < MostReasons || _failed.ContainsKey(why) ? why : "other reasons");
            _lastFailed = peer;
        }
    }

    /// <summary>Logs what has happened since the last line.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
            if (_overLimit.Count > 0)
                errors.WriteLine($"WARNING: {Total(_overLimit, "connection")} over a limit: {Parts(_overLimit)}");
            if (_failed.Count > 0)
            {
                errors.WriteLine($"WARNING: {Total(_failed, "handshake")} failed, the last from {_lastFailed}: "
                    + Parts(_failed));
            }
            _overLimit.Clear();
            _failed.Clear();
        }
    }

    private void CountLimit(string what)
    {
        lock (_gate)
            Count(_overLimit, what);
    }

    private void Count(Dictionary<string, long> counts, string what)
    {
        counts[what] = counts.GetValueOrDefault(what) + 1;
        _timer ??= _time.CreateTimer(
            static log => ((LimitLog)log!).Flush(), this, Pause, Timeout.InfiniteTimeSpan);
    }

    private static string Total(Dictionary<string, long> counts, string what) =>
        Quantity.FormatCount(counts.Values.Sum(), what);

    private static string Parts(Dictionary<string, long> counts) => string.Join(
        ", ", counts.OrderByDescending(count => count.Value).Select(count => $"{count.Value} {count.Key}"));
}
