using System.Globalization;
using System.Text;
using Hawser.Services.Text;

namespace Hawser.App.Status;

/// <summary>The status of servers for people. Text from peers is made safe for a terminal.</summary>
internal static class StatusText
{
    /// <summary>A server in two lines.</summary>
    public static IEnumerable<string> Describe(ServerStatus server)
    {
        string draining = server.Draining ? ", draining" : "";
        yield return Printable.Line(
            $"{server.Label()}: {server.Model}, up {Duration(server.UptimeSeconds)}{draining}");
        string queued = server.Queued > 0 ? $", {server.Queued} queued" : "";
        yield return $"{Quantity.FormatCount(server.Connections, "connection")}{queued}; {server.Accepted} accepted, "
            + $"{Quantity.FormatSize(server.BytesReceived)} received, {Quantity.FormatSize(server.BytesSent)} sent";
    }

    /// <summary>The limits in force, as a table.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="withChangeable">Also those that could be set, and how each changes.</param>
    public static IEnumerable<string> Describe(IEnumerable<LimitStatus> limits, bool withChangeable) => Table(
        [
            ("NAME", false), ("CURRENT", true), ("MAXIMUM", true), ("LIMIT", true), ("HITS", true),
            .. withChangeable ? (IEnumerable<(string, bool)>)[("CHANGE", false)] : [],
        ],
        limits.Where(limit => limit.Limit is not null || (withChangeable && limit.Changeable))
            .Select(limit => (string[])
            [
                limit.Name, Value(limit.Name, limit.Current), Value(limit.Name, limit.Maximum),
                limit.Limit is null ? "none" : Value(limit.Name, limit.Limit), Number(limit.Hits),
                .. withChangeable ? (string[])[limit.Changeable ? "set" : "restart"] : [],
            ]));

    /// <summary>Connections, as a table.</summary>
    public static IEnumerable<string> Describe(IEnumerable<ConnectionStatus> connections) => Table(
        [
            ("ID", true), ("PEER", false), ("AGE", true), ("IDLE", true), ("RECEIVED", true), ("SENT", true),
            ("ACTIVITY", false), ("THREAD", false), ("LAYERS", false),
        ],
        connections.Select(connection => (string[])
        [
            Number(connection.Id), Peer(connection), Duration(connection.AgeSeconds), Duration(connection.IdleSeconds),
            Quantity.FormatSize(connection.BytesReceived), Quantity.FormatSize(connection.BytesSent),
            connection.Activity, connection.Thread ?? "", Layers(connection),
        ]));

    /// <summary>The peer's address.</summary>
    public static string Peer(ConnectionStatus connection) => connection.Peer is { Length: > 0 } peer ? peer : "local";

    /// <summary>TLS and the proxy, as far as there are.</summary>
    public static string Layers(ConnectionStatus connection) => string.Join(", ", ((string?[])
    [
        connection.Tls is { } tls
            ? string.Join(' ', ((string?[])[tls, connection.TlsName, connection.TlsClient]).OfType<string>())
            : null,
        connection.Proxy is { } proxy ? $"by {proxy}" : null,
    ]).OfType<string>());

    /// <summary>A duration; none is longer than 10 characters.</summary>
    public static string Duration(double seconds) => seconds is >= 0 and < 1e9
        ? Quantity.FormatDuration(TimeSpan.FromSeconds(Math.Round(seconds, seconds < 10 ? 1 : 0)))
        : "?";

    private static string Value(string name, double? value) =>
        value is { } known ? LimitOptions.Format(name, known) : "";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<string> Table(
        IReadOnlyList<(string Title, bool IsNumber)> columns, IEnumerable<string[]> rows)
    {
        string[][] cells =
        [
            [.. columns.Select(column => column.Title)],
            .. rows.Select(row => row.Select(Printable.Line).ToArray()),
        ];
        int[] widths = [.. columns.Select((_, column) => cells.Max(row => row[column].Length))];
        foreach (string[] row in cells)
        {
            var line = new StringBuilder();
            for (int column = 0; column < row.Length; column++)
            {
                line.Append(columns[column].IsNumber
                    ? row[column].PadLeft(widths[column])
                    : row[column].PadRight(widths[column]));
                line.Append("  ");
            }
            yield return line.ToString().TrimEnd();
        }
    }
}
