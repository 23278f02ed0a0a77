using System.Net;

namespace Hawser;

/// <summary>The order in which the addresses of a name are tried (RFC 8305, section 4).</summary>
internal static class AddressOrder
{
    /// <summary>Alternates the address families, beginning with the family of the first address, until only one is
    /// left. Within a family the resolver's order stays.</summary>
    public static IPAddress[] Interleave(IEnumerable<IPAddress> resolved) =>
    [
        .. resolved
            .GroupBy(address => address.AddressFamily)
            .SelectMany(family => family.Select((address, turn) => (address, turn)))
            // Stable: within a turn the families stay in their order of appearance.
            .OrderBy(entry => entry.turn)
            .Select(entry => entry.address),
    ];
}
