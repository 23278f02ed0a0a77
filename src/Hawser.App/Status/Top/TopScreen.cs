using System.Globalization;
using Hawser.Services.Text;

namespace Hawser.App.Status.Top;

/// <summary>Draws <c>hawser top</c> as lines that fit a terminal of at least 60 columns. Text from peers is made safe
/// for it.</summary>
internal static class TopScreen
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    private const string Unknown = "-";

    // The name of a sparkline, and its last value.
    private const int NameWidth = 12;
    private const int ValueWidth = 10;

    // Hangul Jamo, the first wide characters of Unicode (UAX #11).
    private const char Wide = '\u1100';

    private const int LeastRows = 3;

    // An IPv6 address with a scope and a port.
    private const int WidestText = 60;

    // Those after the first four appear as far as there is room for them. Numbers take what they need, and text grows
    // into what is left.
    private static readonly Column[] Columns =
    [
        new("ID", 6, true, row => row.Connection.Id.ToString(CultureInfo.InvariantCulture)),
        new("PEER", 22, false, row => StatusText.Peer(row.Connection)),
        new("IDLE", 8, true, row => StatusText.Duration(row.Connection.IdleSeconds)),
        new("ACTIVITY", 9, false, row => row.Connection.Activity),
        new("RECEIVED", 10, true, row => Quantity.FormatSize(row.Connection.BytesReceived)),
        new("SENT", 10, true, row => Quantity.FormatSize(row.Connection.BytesSent)),
        new("RATE", 11, true, row => row.Rate is { } rate ? Rate(rate) : Unknown),
        new("AGE", 8, true, row => StatusText.Duration(row.Connection.AgeSeconds)),
        new("THREAD", 16, false, row => row.Connection.Thread ?? ""),
        new("LAYERS", 20, false, row => StatusText.Layers(row.Connection)),
    ];

    /// <summary>The lines, at most <paramref name="height"/> of at most <paramref name="width"/> characters.</summary>
    public static IReadOnlyList<(string Text, bool IsSelected)> Draw(TopState state, int width, int height)
    {
        TopServer shown = state.Shown;
        ServerStatus server = shown.Status;
        string place = state.Servers.Count > 1 ? $"{state.ShownNumber}/{state.Servers.Count} " : "";
        string queued = server.Queued > 0 ? $", {server.Queued} queued" : "";
        IReadOnlyList<(ConnectionStatus Connection, double? Rate)> rows = state.Rows;
        (Column Column, int Width)[] columns = Choose(width, rows);
        string[] title =
        [
            $"{place}{server.Label()}",
            $"{server.Model}, up {StatusText.Duration(server.UptimeSeconds)}, {server.Accepted} accepted{queued}"
                + (server.Draining ? ", draining" : ""),
        ];
        string[] summary =
        [
            Sparkline("connections", shown.Open, Number, width),
            Sparkline("accepts/s", shown.Accepts, Number, width),
            Sparkline("bytes/s", shown.Bytes, Rate, width),
            Sparkline("served p99", shown.Spans, StatusText.Duration, width),
            Limits(server.Limits),
        ];
        string[] table = [Note(state), " " + Line(columns, column => column.Title)];
        const string Foot = "q quit  ↑↓ row  s sort  c close  D drain  f freeze  Tab next";
        // A low terminal shows rows rather than the summary.
        int room = height - title.Length - table.Length - 1;
        int summarized = Math.Clamp(room - Math.Min(LeastRows, shown.Connections.Count), 0, summary.Length);
        (string, bool)[] body = [.. Body(rows, state.SelectedId, columns, Math.Max(0, room - summarized))];
        return
        [
            .. ((IEnumerable<(string Text, bool IsSelected)>)
            [
                .. ((string[])[.. title, .. summary.Take(summarized), .. table]).Select(line => (line, false)),
                .. body, (state.Question ?? Foot, false),
            ]).Take(height).Select(line => (Cut(line.Text, width), line.IsSelected)),
        ];
    }

    private static IEnumerable<(string Text, bool IsSelected)> Body(
        IReadOnlyList<(ConnectionStatus Connection, double? Rate)> rows, long? selected,
        (Column Column, int Width)[] columns, int height)
    {
        int at = rows.Index().FirstOrDefault(row => row.Item.Connection.Id == selected).Index;
        // The selected row stays on the screen.
        return rows.Skip(Math.Max(0, at - height + 1)).Take(height).Select(row =>
        {
            bool isSelected = row.Connection.Id == selected;
            return ((isSelected ? ">" : " ") + Line(columns, column => column.Value(row)), isSelected);
        });
    }

    private static string Note(TopState state) =>
        state.Shown.EndedAt is { } ended
            ? string.Create(CultureInfo.InvariantCulture, $"the server ended at {ended:HH:mm:ss}; ")
                + (state.Servers.All(server => server.EndedAt is not null) ? "waiting for another" : "Tab shows the next")
        : state.Shown is { MissedAt: { } missed, Status: var status }
            ? string.Create(CultureInfo.InvariantCulture, $"no answer from process {status.Pid} at {missed:HH:mm:ss}; waiting")
        : state.Message is { } message ? message
        : state.IsFrozen ? "frozen; f continues"
        : state.Shown.Connections.Count < state.Shown.Status.Connections
            ? $"the first {state.Shown.Connections.Count} connections by {state.Order}"
        : $"connections by {state.Order}";

    private static (Column Column, int Width)[] Choose(
        int width, IReadOnlyList<(ConnectionStatus Connection, double? Rate)> rows)
    {
        int room = width - 1;
        List<(Column Column, int Width)> chosen = [];
        foreach (Column column in Columns)
        {
            int needed = column.IsNumber ? Math.Max(column.Width, Widest(column)) : column.Width;
            if (chosen.Count >= 4 && room < needed)
                break;
            chosen.Add((column, needed));
            room -= needed + 1;
        }
        // No space follows the last column.
        room++;
        for (int i = 0; i < chosen.Count && room > 0; i++)
        {
            (Column column, int least) = chosen[i];
            if (column.IsNumber)
                continue;
            int more = Math.Clamp(Math.Min(WidestText, Widest(column)) - least, 0, room);
            chosen[i] = (column, least + more);
            room -= more;
        }
        return [.. chosen];

        int Widest(Column column) => rows.Select(row => column.Value(row).Length).DefaultIfEmpty().Max();
    }

    private static string Line((Column Column, int Width)[] columns, Func<Column, string> value) =>
        string.Join(' ', columns.Select(entry =>
        {
            string text = Cut(Narrow(value(entry.Column)), entry.Width);
            return entry.Column.IsNumber ? text.PadLeft(entry.Width) : text.PadRight(entry.Width);
        }));

    private static string Sparkline(
        string name, IReadOnlyList<double?> samples, Func<double, string> format, int width)
    {
        int room = Math.Max(0, width - NameWidth - ValueWidth - 2);
        double?[] latest = [.. samples.TakeLast(room)];
        double highest = latest.Max() ?? 0;
        string bars = string.Concat(latest.Select(value => value is not { } known ? ' '
            : Bars[highest <= 0 ? 0 : (int)Math.Round(known / highest * (Bars.Length - 1))]));
        string last = samples is [.., { } value] ? format(value) : Unknown;
        return $"{name.PadRight(NameWidth)} {last.PadLeft(ValueWidth)} {bars}";
    }

    /// <summary>Current, most and limit of those that are measured, the nearest to its limit first.</summary>
    private static string Limits(IEnumerable<LimitStatus> limits) => "limits".PadRight(NameWidth + 1) + string.Join(
        ", ", limits.Where(limit => limit is { Current: not null, Limit: not null })
            .OrderByDescending(limit => limit.Current / limit.Limit)
            .Select(limit => $"{limit.Name} " + string.Join(" / ", ((double?[])
                [limit.Current, limit.Maximum ?? limit.Current, limit.Limit])
                .Select(value => LimitOptions.Format(limit.Name, value!.Value)))));

    private static string Number(double value) => value.ToString("0", CultureInfo.InvariantCulture);

    private static string Rate(double bytesPerSecond) => $"{Quantity.FormatSize((long)bytesPerSecond)}/s";

    /// <summary>Makes text safe, and fit.</summary>
    private static string Cut(string text, int width)
    {
        string safe = Printable.Line(text);
        return safe.Length <= width ? safe : safe[..Math.Max(0, width - 1)] + "…";
    }

    /// <summary>Replaces what may take two columns.</summary>
    private static string Narrow(string text) => string.Concat(text.Select(c => c < Wide ? c : '?'));

    private sealed record Column(
        string Title, int Width, bool IsNumber, Func<(ConnectionStatus Connection, double? Rate), string> Value);
}
