using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Text;
using Hawser.Services.Text;

namespace Hawser.Services.Clock.Recording;

/// <summary>
/// The readable recording, one line per timestamp. Dates and times are UTC; a row's time is the timestamp in the
/// message, so the sender's and the receiver's files contain the same row.
/// <code>
/// Timestamp Data
/// #   Sender's IP       Receiver's IP     Date         Time               (separated by tabs)
/// 1   127.0.0.1:40000   127.0.0.1:5555    2026-11-20   06:17:17.123456
/// 2   127.0.0.1:5555    127.0.0.1:40000   2026-11-20   06:17:17.123502
/// End of Timestamp Data (after 5 minutes)
/// </code>
/// A file holds one such run after the other: a later run is appended and begins with the title again.
/// </summary>
internal static class TimeDataFormat
{
    public const string Title = "Timestamp Data";
    public const string Header = "#\tSender's IP\tReceiver's IP\tDate\tTime";
    public const string EndPrefix = "End of Timestamp Data (after ";
    public const string EndSuffix = ")";

    /// <summary>The length limit of a line in bytes, with its newline: two IPv6 endpoints with scopes take less than
    /// 140.</summary>
    public const int LongestLine = 256;

    private const int MicrosecondTicks = 10;

    /// <summary>The first two lines.</summary>
    public static ReadOnlySpan<byte> Opening => "Timestamp Data\n#\tSender's IP\tReceiver's IP\tDate\tTime\n"u8;

    /// <summary>The first line, without its newline.</summary>
    public static ReadOnlySpan<byte> TitleBytes => Opening[..Title.Length];

    /// <summary>The second line, without its newline.</summary>
    public static ReadOnlySpan<byte> HeaderBytes => Opening[(Title.Length + 1)..^1];

    /// <summary>An endpoint as a row shows it; an IPv4-mapped IPv6 address is shown as IPv4.</summary>
    public static byte[] Endpoint(IPEndPoint endpoint)
    {
        IPAddress address = endpoint.Address;
        IPEndPoint shown = address.IsIPv4MappedToIPv6 ? new IPEndPoint(address.MapToIPv4(), endpoint.Port) : endpoint;
        return Encoding.ASCII.GetBytes(shown.ToString());
    }

    /// <summary>Writes a row with its newline, without allocation, and returns its length.</summary>
    public static int WriteRow(
        Span<byte> line, long number, ReadOnlySpan<byte> sender, ReadOnlySpan<byte> receiver, long wallNs)
    {
        Utf8Formatter.TryFormat(number, line, out int at);
        line[at++] = (byte)'\t';
        sender.CopyTo(line[at..]);
        at += sender.Length;
        line[at++] = (byte)'\t';
        receiver.CopyTo(line[at..]);
        at += receiver.Length;
        line[at++] = (byte)'\t';
        at += WriteMoment(line[at..], wallNs);
        line[at++] = (byte)'\n';
        return at;
    }

    /// <summary>Writes the last line with its newline and returns its length.</summary>
    public static int WriteEnd(Span<byte> line, TimeSpan duration) =>
        Encoding.ASCII.GetBytes($"{EndPrefix}{Wording(duration)}{EndSuffix}\n", line);

    /// <summary>Whether a line, without its newline, is the last of a recording.</summary>
    public static bool IsEnd(ReadOnlySpan<byte> line) =>
        line.StartsWith("End of Timestamp Data (after "u8) && line.EndsWith(")"u8)
        && !line.ContainsAnyExceptInRange((byte)' ', (byte)'~');

    /// <summary>A duration in words: milliseconds below a second, seconds and tenths below a minute, otherwise hours,
    /// minutes and seconds without those that are zero.</summary>
    public static string Wording(TimeSpan duration)
    {
        long ms = Math.Max(0, (long)Math.Round(duration.TotalMilliseconds));
        if (ms < 950)
            return Quantity.FormatCount(ms, "millisecond");
        if (ms < 59_950)
        {
            string tenths = Math.Round(ms / 1000.0, 1).ToString(CultureInfo.InvariantCulture);
            return tenths == "1" ? "1 second" : $"{tenths} seconds";
        }

        long seconds = (ms + 500) / 1000;
        string[] parts =
        [
            Quantity.FormatCount(seconds / 3600, "hour"), Quantity.FormatCount(seconds / 60 % 60, "minute"), Quantity.FormatCount(seconds % 60, "second"),
        ];
        return string.Join(' ', parts.Where(part => !part.StartsWith("0 ", StringComparison.Ordinal)));
    }

    /// <summary>Parses a row, without its newline. False: it is not a row; the rule says why.</summary>
    public static bool TryReadRow(ReadOnlySpan<byte> line, out TimeRow row, out string? broken)
    {
        row = default;
        Span<Range> fields = stackalloc Range[6];
        int count = 0;
        foreach (Range field in line.Split((byte)'\t'))
        {
            if (count < fields.Length)
                fields[count++] = field;
        }

        if (count != 5)
        {
            broken = "a row has five fields separated by tabs";
            return false;
        }

        bool isNumber = Utf8Parser.TryParse(line[fields[0]], out long number, out int digits)
            && digits == line[fields[0]].Length && number > 0;
        bool isMoment = TryReadMoment(line[fields[3]], line[fields[4]], out long wallNs);
        broken = !isNumber ? "a row begins with its number"
            : !isMoment ? "a row ends with a date like 2026-11-20 and a time like 06:17:17.123456"
            : null;
        row = new TimeRow(number, line[fields[1]], line[fields[2]], wallNs);
        return broken is null;
    }

    private static int WriteMoment(Span<byte> line, long wallNs)
    {
        DateTime moment = DateTime.UnixEpoch.AddTicks(wallNs / TimeSpan.NanosecondsPerTick);
        int micros = (int)(moment.Ticks % TimeSpan.TicksPerSecond / MicrosecondTicks);
        WriteDigits(line, moment.Year, 4);
        line[4] = (byte)'-';
        WriteDigits(line[5..], moment.Month, 2);
        line[7] = (byte)'-';
        WriteDigits(line[8..], moment.Day, 2);
        line[10] = (byte)'\t';
        WriteDigits(line[11..], moment.Hour, 2);
        line[13] = (byte)':';
        WriteDigits(line[14..], moment.Minute, 2);
        line[16] = (byte)':';
        WriteDigits(line[17..], moment.Second, 2);
        line[19] = (byte)'.';
        WriteDigits(line[20..], micros, 6);
        return 26;
    }

    private static void WriteDigits(Span<byte> line, int value, int digits)
    {
        for (int i = digits - 1; i >= 0; i--, value /= 10)
            line[i] = (byte)('0' + (value % 10));
    }

    private static bool TryReadMoment(ReadOnlySpan<byte> date, ReadOnlySpan<byte> time, out long wallNs)
    {
        wallNs = 0;
        if (date.Length != 10 || date[4] != '-' || date[7] != '-'
            || time.Length != 15 || time[2] != ':' || time[5] != ':' || time[8] != '.'
            || !TryReadDigits(date[..4], out int year) || year == 0
            || !TryReadDigits(date.Slice(5, 2), out int month) || month is 0 or > 12
            || !TryReadDigits(date[8..], out int day) || day == 0 || day > DateTime.DaysInMonth(year, month)
            || !TryReadDigits(time[..2], out int hour) || hour > 23
            || !TryReadDigits(time.Slice(3, 2), out int minute) || minute > 59
            || !TryReadDigits(time.Slice(6, 2), out int second) || second > 59
            || !TryReadDigits(time[9..], out int micros))
        {
            return false;
        }

        DateTime moment = new DateTime(year, month, day, hour, minute, second).AddTicks(micros * MicrosecondTicks);
        wallNs = (moment - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        return true;
    }

    private static bool TryReadDigits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (byte digit in text)
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            value = (value * 10) + (digit - '0');
        }

        return true;
    }
}

/// <summary>One row of a recording; its fields are slices of the line.</summary>
internal readonly ref struct TimeRow(
    long number, ReadOnlySpan<byte> sender, ReadOnlySpan<byte> receiver, long wallNs)
{
    /// <summary>Its number, from 1.</summary>
    public long Number { get; } = number;

    /// <summary>The sender of the timestamp, <c>ip:port</c>.</summary>
    public ReadOnlySpan<byte> Sender { get; } = sender;

    /// <summary>Its receiver, <c>ip:port</c>.</summary>
    public ReadOnlySpan<byte> Receiver { get; } = receiver;

    /// <summary>The timestamp in nanoseconds since 1970 on the sender's wall clock, whole microseconds.</summary>
    public long WallNs { get; } = wallNs;
}
