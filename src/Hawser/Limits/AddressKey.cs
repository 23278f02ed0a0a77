using System.Net;

namespace Hawser.Limits;

/// <summary>What counts as one address: an IPv4 address, or the first 64 bits of an IPv6 address, because one host can
/// have all of a /64 (RFC 4291, 2.5.1).</summary>
internal readonly record struct AddressKey(bool IsV6, ulong Bits)
{
    /// <summary>The key of an address. An IPv4-mapped IPv6 address is the IPv4 address.</summary>
    public static AddressKey Of(IPAddress address)
    {
        (UInt128 bits, int width) = NetworkSet.BitsOf(address);
        return width == NetworkSet.V4Bits ? new AddressKey(false, (ulong)bits) : new AddressKey(true, (ulong)(bits >> 64));
    }
}
