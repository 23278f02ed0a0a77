using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Hawser.Services.Clock.Wire;

/// <summary>
/// The frames that begin and end the swap of recordings, between a clock client and its server.
/// <code>
/// Roster   key [16] | total u32 | first u32 | count u16 | departed u16 | count entries
///   entry  client id u32 | family u8 (4 or 6) | abilities u8 | port u16 | address [16] | bytes i64 | SHA-256 [32]
///          | pair token [32]
/// Results  delivered u32 | failed u32 | first u32 | count u16 | zero u16 | count entries
///   entry  client id u32 | outcome u8 | zero [3]
/// </code>
/// An IPv4 address takes the first four of the sixteen bytes, the others are zero. Both lists are sent in pages, from
/// the first entry to the last.
/// </summary>
internal static class RosterProtocol
{
    public const int RosterHeadSize = 28;
    public const int RosterEntrySize = 24 + 8 + RecordingDigest.HashBytes + PairToken.Size;
    public const int LongestRoster = RosterHeadSize + (ClockLimits.RosterPageEntries * RosterEntrySize);
    public const int ResultsHeadSize = 16;
    private const int DepartedOffset = RosterHeadSize - sizeof(ushort);
    public const int ResultsEntrySize = 8;
    public const int LongestResults = ResultsHeadSize + (ClockLimits.ResultsPageEntries * ResultsEntrySize);

    /// <summary>Writes one page of at most <see cref="ClockLimits.RosterPageEntries"/> entries.</summary>
    public static int WriteRoster(Span<byte> frame, RosterPage page)
    {
        Span<byte> payload = frame[ClockProtocol.HeaderSize..];
        page.Key.CopyTo(payload);
        WriteHead(payload[16..], page.Total, page.First, page.Entries.Count);
        BinaryPrimitives.WriteUInt16BigEndian(payload[DepartedOffset..], checked((ushort)page.Departed));
        for (int i = 0; i < page.Entries.Count; i++)
            WriteEntry(payload.Slice(RosterHeadSize + (i * RosterEntrySize), RosterEntrySize), page.Entries[i]);
        int length = RosterHeadSize + (page.Entries.Count * RosterEntrySize);
        return ClockProtocol.WriteHeader(frame, ClockMessage.Roster, length);
    }

    public static RosterPage ReadRoster(ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> head = payload[16..];
        uint total = BinaryPrimitives.ReadUInt32BigEndian(head);
        ClockProtocol.Rule(total is < 1 or > ClockLimits.Clients
            ? $"a roster has 1 to {ClockLimits.Clients} entries, not {total}" : null);
        int first = ReadHead(head, total, payload.Length - RosterHeadSize, RosterEntrySize);
        var entries = new RosterEntry[(payload.Length - RosterHeadSize) / RosterEntrySize];
        ClockProtocol.Rule(entries.Length == 0 ? "a page of a roster has an entry or more" : null);
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = ReadEntry(payload.Slice(RosterHeadSize + (i * RosterEntrySize), RosterEntrySize));
            ClockProtocol.Rule(i > 0 && entries[i].ClientId <= entries[i - 1].ClientId
                ? $"the entries of a roster ascend, but {entries[i].ClientId} follows {entries[i - 1].ClientId}" : null);
        }

        int departed = BinaryPrimitives.ReadUInt16BigEndian(payload[DepartedOffset..]);
        return new RosterPage(ClockToken.Read(payload), (int)total, first, entries, departed);
    }

    /// <summary>Writes one page of at most <see cref="ClockLimits.ResultsPageEntries"/> failures.</summary>
    public static int WriteResults(Span<byte> frame, ResultsPage page)
    {
        Span<byte> payload = frame[ClockProtocol.HeaderSize..];
        int length = ResultsHeadSize + (page.Failures.Count * ResultsEntrySize);
        payload[..length].Clear();
        BinaryPrimitives.WriteInt32BigEndian(payload, page.Delivered);
        WriteHead(payload[4..], page.Failed, page.First, page.Failures.Count);
        for (int i = 0; i < page.Failures.Count; i++)
        {
            Span<byte> entry = payload[(ResultsHeadSize + (i * ResultsEntrySize))..];
            BinaryPrimitives.WriteUInt32BigEndian(entry, page.Failures[i].From);
            entry[4] = (byte)page.Failures[i].Outcome;
        }

        return ClockProtocol.WriteHeader(frame, ClockMessage.Results, length);
    }

    public static ResultsPage ReadResults(ReadOnlySpan<byte> payload)
    {
        uint delivered = BinaryPrimitives.ReadUInt32BigEndian(payload);
        uint failed = BinaryPrimitives.ReadUInt32BigEndian(payload[4..]);
        ulong others = (ulong)delivered + failed;
        ClockProtocol.Rule(others >= ClockLimits.Clients
            ? $"results speak of less than {ClockLimits.Clients} others, not {others}" : null);
        int rest = payload.Length - ResultsHeadSize;
        int first = ReadHead(payload[4..], failed, rest, ResultsEntrySize);
        ClockProtocol.Rule(ClockProtocol.BrokenZeros(payload.Slice(ResultsHeadSize - 2, 2)));
        ClockProtocol.Rule(
            rest == 0 && failed > 0 ? "a page of results has a failure, or says that there is none" : null);
        var failures = new FailedDelivery[rest / ResultsEntrySize];
        for (int i = 0; i < failures.Length; i++)
        {
            ReadOnlySpan<byte> entry = payload[(ResultsHeadSize + (i * ResultsEntrySize))..];
            failures[i] = new FailedDelivery(BinaryPrimitives.ReadUInt32BigEndian(entry), (DeliveryOutcome)entry[4]);
            ClockProtocol.Rule(BrokenFailure(failures[i], entry.Slice(5, 3)));
        }

        return new ResultsPage((int)delivered, (int)failed, first, failures);
    }

    private static void WriteHead(Span<byte> head, int total, int first, int count)
    {
        BinaryPrimitives.WriteInt32BigEndian(head, total);
        BinaryPrimitives.WriteInt32BigEndian(head[4..], first);
        BinaryPrimitives.WriteUInt16BigEndian(head[8..], checked((ushort)count));
    }

    /// <returns>The place of the page's first entry.</returns>
    private static int ReadHead(ReadOnlySpan<byte> head, uint total, int entryBytes, int entrySize)
    {
        uint first = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        int count = BinaryPrimitives.ReadUInt16BigEndian(head[8..]);
        ClockProtocol.Rule(count * entrySize != entryBytes
            ? $"{count} entries of {entrySize} bytes do not fill {entryBytes} bytes"
            : first + (ulong)count > total
            ? $"entries {first} to {first + (ulong)count} are beyond the {total} announced"
            : null);
        return (int)first;
    }

    private static void WriteEntry(Span<byte> payload, RosterEntry entry)
    {
        IPAddress address = Unmapped(entry.Address.Address);
        BinaryPrimitives.WriteUInt32BigEndian(payload, entry.ClientId);
        payload[4] = (byte)(address.AddressFamily == AddressFamily.InterNetwork ? 4 : 6);
        payload[5] = (byte)entry.Abilities;
        BinaryPrimitives.WriteUInt16BigEndian(payload[6..], (ushort)entry.Address.Port);
        payload.Slice(8, 16).Clear();
        address.TryWriteBytes(payload.Slice(8, 16), out _);
        ClockProtocol.WriteDigest(payload[24..], entry.Recording);
        entry.Pair.CopyTo(payload[64..]);
    }

    private static RosterEntry ReadEntry(ReadOnlySpan<byte> payload)
    {
        uint id = BinaryPrimitives.ReadUInt32BigEndian(payload);
        byte family = payload[4];
        var abilities = (ClockAbilities)payload[5];
        int port = BinaryPrimitives.ReadUInt16BigEndian(payload[6..]);
        ReadOnlySpan<byte> address = payload.Slice(8, 16);
        RecordingDigest recording = ClockProtocol.ReadDigest(payload[24..]);
        ClockProtocol.Rule(ClockProtocol.BrokenClientId(id) ?? ClockProtocol.BrokenAbilities(abilities)
            ?? ClockProtocol.BrokenDigest(recording)
            ?? (family is not (4 or 6) ? $"an address family is 4 or 6, not {family}"
                : port < ClockLimits.LowestPeerPort
                ? $"a port on a roster is {ClockLimits.LowestPeerPort} to 65535, not {port}"
                : family == 4 ? ClockProtocol.BrokenZeros(address[4..])
                : null));
        var endpoint = new IPEndPoint(new IPAddress(family == 4 ? address[..4] : address), port);
        return new RosterEntry(id, endpoint, abilities, recording) { Pair = PairToken.Read(payload[64..]) };
    }

    private static string? BrokenFailure(FailedDelivery failure, ReadOnlySpan<byte> zeros) =>
        ClockProtocol.BrokenClientId(failure.From) ?? ClockProtocol.BrokenZeros(zeros)
        ?? (failure.Outcome is < DeliveryOutcome.Unreachable or > DeliveryOutcome.NotDialled
            ? $"the outcome of a failed delivery is 1 to 12, not {(byte)failure.Outcome}"
            : null);

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
