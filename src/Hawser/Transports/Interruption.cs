using System.Diagnostics.CodeAnalysis;

namespace Hawser.Transports;

/// <summary>Interrupts of one direction as cancellation tokens, for waits that know nothing else.</summary>
[SuppressMessage("Design", "CA1001", Justification = "a source without a timer holds nothing of the system")]
internal sealed class Interruption
{
    private CancellationTokenSource _source = new();

    /// <summary>Fires with the next interrupt.</summary>
    public CancellationToken Token => Volatile.Read(ref _source).Token;

    /// <summary>An interrupt is pending.</summary>
    public bool IsSignalled => Volatile.Read(ref _source).IsCancellationRequested;

    /// <summary>Interrupts. Thread-safe.</summary>
    public void Signal() => Volatile.Read(ref _source).Cancel();

    /// <summary>Consumes a pending interrupt.</summary>
    public bool TryConsume()
    {
        if (!_source.IsCancellationRequested)
            return false;
        // A full fence: the caller reads its reasons next.
        Interlocked.Exchange(ref _source, new CancellationTokenSource());
        return true;
    }
}
