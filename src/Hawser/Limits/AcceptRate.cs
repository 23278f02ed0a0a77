namespace Hawser.Limits;

/// <summary>A token bucket per address. A full bucket needs no entry, so the table holds only addresses that connected
/// lately, at most <see cref="MostAddresses"/> per generation.</summary>
/// <remarks>An entry is the time at which its bucket is full again (the generic cell rate algorithm, ITU-T I.371). The
/// table has two generations; the older is dropped when all its buckets are full. If the younger is full, the older
/// is dropped early, and the addresses seen least recently start again with full buckets. Not thread-safe.</remarks>
internal sealed class AcceptRate
{
    /// <summary>Addresses per generation, a few megabytes. When more than this many connect in a second, accepting is
    /// the bottleneck anyway.</summary>
    internal const int MostAddresses = 65_536;

    private readonly TimeProvider _time;
    private readonly double _interval;
    private readonly double _slack;
    private readonly long _lifetime;
    private Dictionary<AddressKey, long> _young = [];
    private Dictionary<AddressKey, long> _old = [];
    private long _turnedAt;
    private double _highest;

    /// <param name="perSecond">Accepts per second and address. The bucket holds as many, at least one.</param>
    /// <param name="time">The clock.</param>
    public AcceptRate(double perSecond, TimeProvider time)
    {
        _time = time;
        _interval = time.TimestampFrequency / perSecond;
        _slack = _interval * (Math.Max(1, perSecond) - 1);
        _lifetime = (long)Math.Min(_slack + _interval, long.MaxValue / 4);
        _turnedAt = time.GetTimestamp();
    }

    /// <summary>The most tokens that one address has used since the start.</summary>
    public double Highest => _highest;

    /// <summary>Entries of the table.</summary>
    internal int Count => _young.Count + _old.Count;

    /// <summary>Takes a token. False: the bucket is empty.</summary>
    public bool TryTake(AddressKey address)
    {
        long now = _time.GetTimestamp();
        if (now - _turnedAt >= _lifetime || _young.Count >= MostAddresses)
            Turn(now);
        if (!_young.TryGetValue(address, out long full))
            _old.TryGetValue(address, out full);
        full = Math.Max(full, now);
        bool isTaken = full - now <= _slack;
        if (isTaken)
            full += (long)_interval;
        // A refused address stays in the table as well.
        _young[address] = full;
        _highest = Math.Max(_highest, Used(full, now));
        return isTaken;
    }

    /// <summary>The most tokens that one address has in use.</summary>
    public double FindMostUsed()
    {
        long now = _time.GetTimestamp();
        return _old.Values.Concat(_young.Values).Select(full => Used(full, now)).DefaultIfEmpty().Max();
    }

    private double Used(long full, long now) => Math.Max(0, (full - now) / _interval);

    private void Turn(long now)
    {
        (_young, _old) = (_old, _young);
        // After two lifetimes without an accept, both are out of date.
        if (now - _turnedAt >= 2 * _lifetime)
            _old.Clear();
        _young.Clear();
        _turnedAt = now;
    }
}
