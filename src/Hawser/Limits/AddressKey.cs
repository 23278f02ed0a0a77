using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Hawser.Limits;

/// <summary>What counts as one address: an IPv4 address, or the first 64 bits of an IPv6 address, because one host can
/// have all of a /64 (RFC 4291, 2.5.1).</summary>
internal readonly record struct AddressKey(bool IsV6, ulong Bits)
{
    private const int MappedOffset = 12;

    /// <summary>The key of an address. An IPv4-mapped IPv6 address is the IPv4 address.</summary>
    public static AddressKey Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return new AddressKey(false, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        return address.IsIPv4MappedToIPv6
            ? new AddressKey(false, BinaryPrimitives.ReadUInt32BigEndian(bytes[MappedOffset..]))
            : new AddressKey(true, BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }
}
