using Hawser.Services.Text;

namespace Hawser.App.Serving;

/// <summary>Logs what has held up an event loop: one line a second at most, with the number of those left out.
/// Thread-safe.</summary>
internal sealed class StallLog(TextWriter errors, TimeProvider? time = null)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private long _last;
    private int _more;

    /// <param name="connection">The connection that the loop worked for; null if unknown.</param>
    /// <param name="length">How long it took.</param>
    public void Add(Connection? connection, TimeSpan length)
    {
        lock (_gate)
        {
            if (_last != 0 && _time.GetElapsedTime(_last) < Pause)
            {
                _more++;
                return;
            }
            string who = connection is null
                ? "a connection"
                : $"connection {connection.Id} from {EndPointText.OfPeer(connection)}";
            string more = _more > 0 ? $"; {_more} more since the last line" : "";
            errors.WriteLine(
                $"WARNING: {who} held up its event loop for {Quantity.FormatDuration(length)}{more}");
            _last = _time.GetTimestamp();
            _more = 0;
        }
    }
}
