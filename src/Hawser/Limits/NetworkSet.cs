using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Hawser.Limits;

/// <summary>Networks to look addresses up in. A lookup costs one hash per prefix length in use.</summary>
internal sealed class NetworkSet
{
    /// <summary>The width of an IPv4 address.</summary>
    public const int V4Bits = 32;

    private const int V6Bits = 128;
    private const int MappedBits = V6Bits - V4Bits;

    private readonly Dictionary<int, HashSet<UInt128>> _v4 = [];
    private readonly Dictionary<int, HashSet<UInt128>> _v6 = [];

    /// <summary>Networks in the set.</summary>
    public int Count { get; private set; }

    /// <summary>Whether a network contains the address. An IPv4-mapped IPv6 address is the IPv4 address.</summary>
    public bool Contains(IPAddress address)
    {
        (UInt128 bits, int width) = BitsOf(address);
        foreach ((int length, HashSet<UInt128> prefixes) in width == V4Bits ? _v4 : _v6)
        {
            if (prefixes.Contains(Prefix(bits, width, length)))
                return true;
        }
        return false;
    }

    /// <summary>Adds an address or a network in CIDR notation.</summary>
    /// <exception cref="FormatException">The text is neither.</exception>
    public void Add(string text)
    {
        string[] parts = text.Split('/');
        if (parts.Length > 2 || ParseAddress(parts[0]) is not { } address)
            throw NotANetwork(text);
        (UInt128 bits, int width) = BitsOf(address);
        int length = width;
        if (parts.Length == 2)
        {
            bool isMapped = width == V4Bits && address.AddressFamily == AddressFamily.InterNetworkV6;
            if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out length)
                || (length -= isMapped ? MappedBits : 0) < 0 || length > width)
                throw NotANetwork(text);
        }
        UInt128 prefix = Prefix(bits, width, length);
        if (prefix != bits)
        {
            throw new FormatException(
                $"'{text}' has bits beyond its prefix; use {AddressOf(prefix, width)}/{length}");
        }
        Dictionary<int, HashSet<UInt128>> networks = width == V4Bits ? _v4 : _v6;
        if (!networks.TryGetValue(length, out HashSet<UInt128>? prefixes))
            networks[length] = prefixes = [];
        if (prefixes.Add(prefix))
            Count++;
    }

    /// <summary>IPAddress takes 10.1 for 10.0.0.1, and 1 for 0.0.0.1: hardly what is meant.</summary>
    private static IPAddress? ParseAddress(string text) =>
        IPAddress.TryParse(text, out IPAddress? address) && (text.Contains(':') || text.Count(c => c == '.') == 3)
            ? address
            : null;

    private static FormatException NotANetwork(string text) =>
        new($"'{text}' is not an address or network; use 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32");

    /// <summary>The bits of an address. An IPv4-mapped IPv6 address is the IPv4 address.</summary>
    public static (UInt128 Bits, int Width) BitsOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[V6Bits / 8];
        address.TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return (BinaryPrimitives.ReadUInt32BigEndian(bytes), V4Bits);
        return address.IsIPv4MappedToIPv6
            ? (BinaryPrimitives.ReadUInt32BigEndian(bytes[(MappedBits / 8)..]), V4Bits)
            : (BinaryPrimitives.ReadUInt128BigEndian(bytes), V6Bits);
    }

    private static IPAddress AddressOf(UInt128 bits, int width)
    {
        Span<byte> bytes = stackalloc byte[V6Bits / 8];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, bits);
        return new IPAddress(bytes[((V6Bits - width) / 8)..]);
    }

    // A shift by 128 would be one by 0.
    private static UInt128 Prefix(UInt128 bits, int width, int length) =>
        length == 0 ? 0 : bits >> (width - length) << (width - length);
}
