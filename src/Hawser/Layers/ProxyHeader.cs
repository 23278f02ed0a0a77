using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace Hawser.Layers;

/// <summary>A header of the PROXY protocol.</summary>
/// <remarks>
/// Version 1 is a line of at most 107 bytes, the end included:
/// <code>
/// "PROXY" SP ("TCP4" | "TCP6") SP source SP destination SP source port SP destination port CR LF
/// "PROXY UNKNOWN" anything CR LF
/// </code>
/// Version 2 is binary: 12 bytes of signature, version and command, family and transport, the length of the rest (u16,
/// big-endian), addresses, ports, TLVs.
/// </remarks>
/// <param name="Source">The client's address; null if the header has none.</param>
/// <param name="Destination">The address that the client connected to; null if the header has none.</param>
internal sealed record ProxyHeader(IPEndPoint? Source, IPEndPoint? Destination)
{
    /// <summary>The longest line of version 1.</summary>
    public const int LongestTextBytes = 107;

    /// <summary>The first byte of version 1; no header of version 2 begins with it.</summary>
    public const byte FirstTextByte = (byte)'P';

    // The protocol asks for 520 bytes beside the fixed part; proxies send less.
    private const int LongestRestBytes = 4096;
    private const int FixedBytes = 16;
    private const byte LocalCommand = 0x20;
    private const byte ProxyCommand = 0x21;
    private const byte Tcp4 = 0x11;
    private const byte Tcp6 = 0x21;

    private static readonly byte[] Signature = "\r\n\r\n\0\r\nQUIT\n"u8.ToArray();

    private static ProxyHeader WithoutAddresses { get; } = new(null, null);

    /// <summary>Reads a line of version 1.</summary>
    /// <param name="line">Without its line feed.</param>
    /// <exception cref="ProtocolException">It is not one.</exception>
    public static ProxyHeader ParseText(ReadOnlySpan<byte> line)
    {
        if (line is not [.., (byte)'\r'])
            throw Malformed("the line does not end in CR LF");
        string[] words = Encoding.Latin1.GetString(line[..^1]).Split(' ');
        if (words is ["PROXY", "UNKNOWN", ..])
            return WithoutAddresses;
        if (words is not ["PROXY", "TCP4" or "TCP6", _, _, _, _])
            throw Malformed("expected 'PROXY TCP4|TCP6 <source> <destination> <port> <port>'");
        bool isV6 = words[1] == "TCP6";
        return new(Parse(words[2], words[4], isV6), Parse(words[3], words[5], isV6));
    }

    /// <summary>How long a header of version 2 is, or more bytes than there are to tell.</summary>
    /// <param name="received">Its beginning.</param>
    /// <exception cref="ProtocolException">It is not one.</exception>
    public static int BytesNeeded(ReadOnlySpan<byte> received)
    {
        int known = Math.Min(received.Length, Signature.Length);
        if (!received[..known].SequenceEqual(Signature.AsSpan(0, known)))
            throw new ProtocolException("expected a PROXY header");
        if (received.Length < FixedBytes)
            return FixedBytes;
        int rest = BinaryPrimitives.ReadUInt16BigEndian(received[14..]);
        return rest <= LongestRestBytes
            ? FixedBytes + rest
            : throw Malformed($"{rest} bytes of addresses, more than {LongestRestBytes}");
    }

    /// <summary>Reads a whole header of version 2.</summary>
    /// <exception cref="ProtocolException">A field of it is invalid.</exception>
    public static ProxyHeader ParseBinary(ReadOnlySpan<byte> header)
    {
        ReadOnlySpan<byte> rest = header[FixedBytes..];
        byte command = header[12];
        if (command is not (LocalCommand or ProxyCommand))
            throw Malformed($"version and command 0x{command:X2} are neither 0x20 nor 0x21");
        int addressBytes = header[13] switch
        {
            Tcp4 => 4,
            Tcp6 => 16,
            _ => 0,
        };
        // Unix sockets, UDP and unspecified families have no address to serve under.
        if (command == LocalCommand || addressBytes == 0)
            return WithoutAddresses;
        if (rest.Length < 2 * (addressBytes + 2))
            throw Malformed($"{rest.Length} bytes of addresses, expected {2 * (addressBytes + 2)}");
        var source = new IPAddress(rest[..addressBytes]);
        var destination = new IPAddress(rest[addressBytes..(2 * addressBytes)]);
        ReadOnlySpan<byte> ports = rest[(2 * addressBytes)..];
        return new(
            new IPEndPoint(source, BinaryPrimitives.ReadUInt16BigEndian(ports)),
            new IPEndPoint(destination, BinaryPrimitives.ReadUInt16BigEndian(ports[2..])));
    }

    /// <summary>Writes a line of version 1.</summary>
    public static byte[] WriteText(IPEndPoint source, IPEndPoint destination)
    {
        RequireOneFamily(source, destination);
        string family = source.Address.GetAddressBytes().Length == 4 ? "TCP4" : "TCP6";
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"PROXY {family} {source.Address} {destination.Address} {source.Port} {destination.Port}\r\n"));
    }

    /// <summary>Writes a header of version 2 without TLVs.</summary>
    public static byte[] WriteBinary(IPEndPoint source, IPEndPoint destination)
    {
        RequireOneFamily(source, destination);
        byte[] addresses = [.. source.Address.GetAddressBytes(), .. destination.Address.GetAddressBytes()];
        byte[] header = new byte[FixedBytes + addresses.Length + 4];
        Signature.CopyTo(header, 0);
        header[12] = ProxyCommand;
        header[13] = addresses.Length == 8 ? Tcp4 : Tcp6;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), (ushort)(addresses.Length + 4));
        addresses.CopyTo(header, FixedBytes);
        Span<byte> ports = header.AsSpan(FixedBytes + addresses.Length);
        BinaryPrimitives.WriteUInt16BigEndian(ports, (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(ports[2..], (ushort)destination.Port);
        return header;
    }

    private static IPEndPoint Parse(string address, string port, bool isV6)
    {
        // IPAddress also reads 1, 0x7f.1 and scopes.
        bool isAddress = IPAddress.TryParse(address, out IPAddress? parsed) && isV6 == address.Contains(':')
            && (isV6 ? !address.Contains('%') : parsed.ToString() == address);
        if (!isAddress)
            throw Malformed("an address is invalid");
        bool isPort = ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
            && (port is "0" || port[0] != '0');
        return isPort ? new IPEndPoint(parsed!, number) : throw Malformed("a port is invalid");
    }

    private static void RequireOneFamily(IPEndPoint source, IPEndPoint destination)
    {
        if (source.AddressFamily != destination.AddressFamily)
            throw new ArgumentException($"{source} and {destination} are not of one family", nameof(destination));
    }

    private static ProtocolException Malformed(string why) => new($"malformed PROXY header: {why}");
}
