using System.Net;

namespace Hawser.Limits;

/// <summary>Admits connections by the address of their peer. Peers without an IP address, as of Unix domain sockets,
/// are always admitted. Thread-safe.</summary>
internal sealed class AddressGate : IDisposable
{
    private static readonly TimeSpan FilePause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private volatile ServerLimits _limits;
    private readonly IServerObserver _observer;
    private readonly AcceptRate? _rate;
    private readonly ITimer? _files;

    // Only addresses with connections have a place, so ServerLimits.Connections bounds the table.
    private readonly Dictionary<AddressKey, Place> _places = [];
    private readonly long[] _refused = new long[Enum.GetValues<RefusalReason>().Length];
    private int _mostPlaces;

    private AddressGate(ServerLimits limits, TimeProvider time, IServerObserver observer)
    {
        _limits = limits;
        _observer = observer;
        _rate = double.IsPositiveInfinity(limits.AcceptRate) ? null : new AcceptRate(limits.AcceptRate, time);
        if (limits.Allow is { HasFiles: true } || limits.Deny is { HasFiles: true })
        {
            _files = time.CreateTimer(
                static gate => ((AddressGate)gate!).ReadFiles(), this, Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
            _files.Change(FilePause, Timeout.InfiniteTimeSpan);
        }
    }

    /// <returns>Null if no limit depends on the address.</returns>
    public static AddressGate? For(ServerLimits limits, TimeProvider time, IServerObserver observer) =>
        limits.ConnectionsPerAddress == int.MaxValue && double.IsPositiveInfinity(limits.AcceptRate)
            && limits.Allow is null && limits.Deny is null
            ? null
            : new AddressGate(limits, time, observer);

    /// <summary>Changes <see cref="ServerLimits.ConnectionsPerAddress"/>.</summary>
    public void Change(ServerLimits limits) => _limits = limits;

    /// <summary>Admits or refuses a connection.</summary>
    /// <param name="peer">Its peer.</param>
    /// <param name="place">To <see cref="Leave"/> when the connection ends; null if it occupies none.</param>
    /// <returns>Null: it is admitted.</returns>
    public RefusalReason? TryEnter(EndPoint? peer, out Place? place)
    {
        place = null;
        if (peer is not IPEndPoint { Address: { } address })
            return null;
        RefusalReason? reason = Judge(address, ref place);
        if (reason is { } refused)
            Interlocked.Increment(ref _refused[(int)refused]);
        return reason;
    }

    /// <summary>Frees the place of a connection that has ended.</summary>
    public void Leave(Place place)
    {
        lock (_gate)
        {
            if (--place.Count == 0)
                _places.Remove(place.Address);
        }
    }

    /// <summary>How often a reason applied.</summary>
    public long CountRefused(RefusalReason reason) => Interlocked.Read(ref _refused[(int)reason]);

    /// <summary>Connections of the address that has most, now and at most so far.</summary>
    public (int Current, int Maximum) ReadPlaces()
    {
        lock (_gate)
            return (_places.Values.Select(place => place.Count).DefaultIfEmpty().Max(), _mostPlaces);
    }

    /// <summary>Tokens used by the address that has used most, now and at most so far.</summary>
    public (double Current, double Maximum) ReadRate()
    {
        lock (_gate)
            return _rate is null ? (0, 0) : (_rate.FindMostUsed(), _rate.Highest);
    }

    public void Dispose() => _files?.Dispose();

    private RefusalReason? Judge(IPAddress address, ref Place? place)
    {
        if (_limits.Deny?.Contains(address) ?? false)
            return RefusalReason.Denied;
        if (!(_limits.Allow?.Contains(address) ?? true))
            return RefusalReason.NotAllowed;
        if (_limits.ConnectionsPerAddress == int.MaxValue && _rate is null)
            return null;
        AddressKey key = AddressKey.Of(address);
        lock (_gate)
        {
            if (_places.TryGetValue(key, out Place? known) && known.Count >= _limits.ConnectionsPerAddress)
                return RefusalReason.ConnectionsPerAddress;
            // Last, so that only admitted connections take tokens.
            if (!(_rate?.TryTake(key) ?? true))
                return RefusalReason.AcceptRate;
            if (known is null)
                _places[key] = known = new Place(key);
            _mostPlaces = Math.Max(_mostPlaces, ++known.Count);
            place = known;
            return null;
        }
    }

    private void ReadFiles()
    {
        foreach (AddressList? list in (AddressList?[])[_limits.Allow, _limits.Deny])
        {
            if (list?.Refresh() is { } error)
                _observer.Warned($"{error}; the old list stays in force");
        }
        _files!.Change(FilePause, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The connections of one address.</summary>
    public sealed class Place(AddressKey address)
    {
        public AddressKey Address => address;

        public int Count { get; set; }
    }
}
