namespace Hawser.Services.Message;

/// <summary>What became of the messages that did not arrive, a line each, and of all of them in numbers.</summary>
internal sealed class MessageLog(TextWriter errors)
{
    private long _written;
    private long _cut;
    private long _refused;

    public void Written() => Interlocked.Increment(ref _written);

    /// <summary>Whole in the output, but its sender was reset.</summary>
    public void Unconfirmed(IncomingMessage message, string why) =>
        errors.WriteLine($"{Name(message)} is written whole, but its sender was reset before it could know: {why}");

    /// <summary>The output has its beginning.</summary>
    public void Cut(IncomingMessage message, string why)
    {
        Interlocked.Increment(ref _cut);
        string orMore = message.IsBeingWritten ? " or more" : "";
        errors.WriteLine($"{Name(message)} is cut after {message.WrittenBytes}{orMore} bytes: {why}");
    }

    /// <summary>The output has nothing of it.</summary>
    public void Refused(IncomingMessage message, string why)
    {
        Interlocked.Increment(ref _refused);
        errors.WriteLine($"ERROR: {Name(message)} is refused: {why}");
    }

    /// <summary>One line, unless every message was written.</summary>
    public void WriteTotals()
    {
        if (_cut + _refused > 0)
            errors.WriteLine($"messages: {_written} written, {_cut} cut, {_refused} refused");
    }

    private static string Name(IncomingMessage message) =>
        $"message {message.Connection.Id} from {message.Connection.RemoteEndPoint}";
}
