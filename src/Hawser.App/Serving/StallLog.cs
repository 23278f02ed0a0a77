using Hawser.Services.Text;

namespace Hawser.App.Serving;

/// <summary>Logs what has held up an event loop: one line a second at most, which sums up what came since the last one.
/// Thread-safe.</summary>
internal sealed class StallLog(TextWriter errors, TimeProvider? time = null)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private ITimer? _pause;
    private int _more;
    private TimeSpan _longest;

    /// <param name="connection">The connection that the loop worked for; null if unknown.</param>
    /// <param name="length">How long it took.</param>
    public void Add(Connection? connection, TimeSpan length)
    {
        lock (_gate)
        {
            if (_pause is null)
            {
                string who = connection is null
                    ? "a connection"
                    : $"connection {connection.Id} from {EndPointText.OfPeer(connection)}";
                errors.WriteLine($"WARNING: {who} held up its event loop for {Quantity.FormatDuration(length)}");
                _pause = _time.CreateTimer(static log => ((StallLog)log!).Flush(), this, Pause, Pause);
            }
            else
            {
                _more++;
                _longest = length > _longest ? length : _longest;
            }
        }
    }

    /// <summary>Logs what has happened since the last line.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_more > 0)
            {
                errors.WriteLine($"WARNING: {Quantity.FormatCount(_more, "more stall")} of event loops, "
                    + $"the longest {Quantity.FormatDuration(_longest)}");
            }
            else
            {
                _pause?.Dispose();
                _pause = null;
            }
            (_more, _longest) = (0, TimeSpan.Zero);
        }
    }
}
