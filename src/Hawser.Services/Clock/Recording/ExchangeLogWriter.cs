using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Recording;

/// <summary>Writes the companion of a recording in <see cref="ExchangeLogFormat"/>. Never waits for the disk.</summary>
internal sealed class ExchangeLogWriter
{
    private readonly LineFile _file;
    private readonly LineFileFlusher? _flusher;

    /// <summary>Begins a log, which <paramref name="flusher"/> writes to disk; null if the caller flushes.</summary>
    public ExchangeLogWriter(LineFile file, LineFileFlusher? flusher, ExchangeLogHeading heading)
    {
        _file = file;
        _flusher = flusher;
        _file.Append(ExchangeLogFormat.Opening(heading));
        _flusher?.Add(file);
    }

    /// <summary>The lines dropped because the disk stalled or failed.</summary>
    public long Dropped => _file.Dropped;

    /// <summary>Appends an exchange; the client's monotonic clock counts from the moment tick 0 was due.</summary>
    public void Append(in Exchange exchange)
    {
        lock (_file.Gate)
        {
            Span<byte> line = _file.Reserve(ExchangeLogFormat.LongestLine);
            if (!line.IsEmpty)
                _file.Commit(ExchangeLogFormat.WriteExchange(line, exchange));
        }
    }

    /// <summary>Writes the last line. Completes when everything is written and the file is closed.</summary>
    public Task EndAsync(ExchangeCounts counts)
    {
        _file.Append(ExchangeLogFormat.End(counts));
        _file.End();
        _flusher?.Wake();
        return _file.Closed;
    }
}
