using System.Diagnostics.Metrics;
using Hawser.Services.Text;

namespace Hawser.Services.Message;

/// <summary>Logs and counts the outcome of every message, a line each, and the totals.</summary>
/// <param name="events">Takes successes.</param>
/// <param name="errors">Takes everything else.</param>
/// <param name="meter">Has the counters; null for none.</param>
internal sealed class MessageLog(TextWriter events, TextWriter errors, Meter? meter)
{
    private readonly Counter<long>? _messages = meter?.CreateCounter<long>(
        "hawser.message.messages", "{message}", "Messages written, truncated and refused.");

    private readonly Counter<long>? _io = meter?.CreateCounter<long>(
        "hawser.message.io", "By", "Bytes of messages written to the output.");

    private long _written;
    private long _bytes;
    private long _truncated;
    private long _refused;

    /// <summary>The message is complete in the output.</summary>
    public void Written(IncomingMessage message)
    {
        Interlocked.Increment(ref _written);
        _messages?.Add(1);
        _io?.Add(message.WrittenBytes);
        Interlocked.Add(ref _bytes, message.WrittenBytes);
        events.WriteLine($"{Name(message)} written: {Quantity.FormatCount(message.WrittenBytes, "byte")}");
    }

    /// <summary>The message is complete in the output, but its sender was reset.</summary>
    public void Unconfirmed(IncomingMessage message, string why) =>
        errors.WriteLine($"WARNING: {Name(message)} is written, but its sender was reset: {why}");

    /// <summary>The output has the beginning of the message.</summary>
    public void Cut(IncomingMessage message, string why)
    {
        Interlocked.Increment(ref _truncated);
        _messages?.Add(1, new KeyValuePair<string, object?>("error.type", "truncated"));
        _io?.Add(message.WrittenBytes);
        Interlocked.Add(ref _bytes, message.WrittenBytes);
        string orMore = message.IsBeingWritten ? " or more" : "";
        errors.WriteLine($"WARNING: {Name(message)} truncated after {message.WrittenBytes}{orMore} bytes: {why}");
    }

    /// <summary>The output has nothing of the message.</summary>
    public void Refused(IncomingMessage message, string why)
    {
        Interlocked.Increment(ref _refused);
        _messages?.Add(1, new KeyValuePair<string, object?>("error.type", "refused"));
        errors.WriteLine($"ERROR: {Name(message)} refused: {why}");
    }

    /// <summary>One line if there was a message; an error unless every message was written.</summary>
    public void WriteTotals()
    {
        if (_written + _truncated + _refused == 0)
            return;
        (_truncated + _refused > 0 ? errors : events).WriteLine(
            $"messages: {_written} written, {_truncated} truncated, {_refused} refused; "
            + Quantity.FormatCount(_bytes, "byte"));
    }

    private static string Name(IncomingMessage message) =>
        $"message {message.Connection.Id} from {EndPointText.OfPeer(message.Connection)}";
}
