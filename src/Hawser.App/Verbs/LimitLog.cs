using Hawser.Limits;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary>Logs what limits have refused and closed: one line a second at most, whatever happens.</summary>
internal sealed class LimitLog(TextWriter errors, TimeProvider? time = null)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _counts = [];
    private ITimer? _timer;

    /// <summary>Counts a connection that was refused.</summary>
    public void Refused(RefusalReason reason) => Count(reason switch
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
            Count(by);
    }

    /// <summary>Logs what has happened since the last line.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
            if (_counts.Count == 0)
                return;
            errors.WriteLine($"WARNING: {Quantity.FormatCount(_counts.Values.Sum(), "connection")} over a limit: "
                + string.Join(", ", _counts.OrderByDescending(count => count.Value)
                    .Select(count => $"{count.Value} {count.Key}")));
            _counts.Clear();
        }
    }

    private void Count(string what)
    {
        lock (_gate)
        {
            _counts[what] = _counts.GetValueOrDefault(what) + 1;
            _timer ??= _time.CreateTimer(
                static log => ((LimitLog)log!).Flush(), this, Pause, Timeout.InfiniteTimeSpan);
        }
    }
}
