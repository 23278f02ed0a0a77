using System.Net;

namespace Hawser.Dialing;

/// <summary>Orders the addresses of a name for connection attempts (RFC 8305, section 4).</summary>
internal static class AddressOrder
{
    /// <summary>Alternates the address families, starting with that of the first address. Within a family the
    /// resolver's order stays.</summary>
    public static IPAddress[] Interleave(IEnumerable<IPAddress> resolved) =>
    [
        .. resolved
            .GroupBy(address => address.AddressFamily)
            .SelectMany(family => family.Select((address, turn) => (address, turn)))
            // Stable: within a turn the families keep their order of appearance.
            .OrderBy(entry => entry.turn)
            .Select(entry => entry.address),
    ];
}
