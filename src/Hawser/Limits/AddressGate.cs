using System.Net;
using Hawser.Transports;

namespace Hawser.Limits;

/// <summary>Admits connections by the address of their peer, those of Unix domain sockets by its user.
/// Thread-safe.</summary>
internal sealed class AddressGate
{
    private readonly Lock _gate = new();
    private volatile ServerLimits _limits;
    private readonly AcceptRate? _rate;

    // Only addresses with connections have a place, so ServerLimits.Connections bounds the table.
    private readonly Dictionary<AddressKey, Place> _places = [];
    private readonly long[] _refused = new long[Enum.GetValues<RefusalReason>().Length];
    private int _mostPlaces;

    private AddressGate(ServerLimits limits, TimeProvider time)
    {
        _limits = limits;
        _rate = double.IsPositiveInfinity(limits.AcceptRate) ? null : new AcceptRate(limits.AcceptRate, time);
    }

    /// <returns>Null if no limit depends on the address.</returns>
    public static AddressGate? For(ServerLimits limits, TimeProvider time) =>
        limits.ConnectionsPerAddress == int.MaxValue && double.IsPositiveInfinity(limits.AcceptRate)
            && limits.Allow is null && limits.Deny is null && limits.AllowUsers is null
            ? null
            : new AddressGate(limits, time);

    /// <summary>Changes <see cref="ServerLimits.ConnectionsPerAddress"/>.</summary>
    public void Change(ServerLimits limits) => _limits = limits;

    /// <summary>Admits or refuses a connection.</summary>
    /// <param name="accepted">The connection.</param>
    /// <param name="place">To <see cref="Leave"/> when the connection ends; null if it occupies none.</param>
    /// <returns>Null: it is admitted.</returns>
    public RefusalReason? TryEnter(Transport accepted, out Place? place)
    {
        place = null;
        RefusalReason? reason = accepted.RemoteEndPoint is IPEndPoint { Address: { } address }
            ? Judge(address, ref place)
            : _limits.AllowUsers is { } users && !(accepted.PeerUser is { } user && users.Contains(user))
                ? RefusalReason.UserNotAllowed
                : null;
        if (reason is { } refused)
            Interlocked.Increment(ref _refused[(int)refused]);
        return reason;
    }

    /// <summary>Frees the place of a connection that has ended, if it had one.</summary>
    public void Leave(Place? place)
    {
        if (place is null)
            return;
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

    /// <summary>The connections of one address.</summary>
    public sealed class Place(AddressKey address)
    {
        public AddressKey Address => address;

        public int Count { get; set; }
    }
}
