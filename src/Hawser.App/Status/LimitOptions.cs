using System.Globalization;
using Hawser.App.CommandLine;
using Hawser.Services.Text;

namespace Hawser.App.Status;

/// <summary>The limits of a server under the names of the options of <c>serve</c>.</summary>
internal static class LimitOptions
{
    private const int MostConnections = 10_000_000;

    private static readonly Limit[] All =
    [
        new("max-connections", nameof(ServerLimits.Connections), Number,
            (limits, text) => limits with { Connections = ParseCount(text) }),
        new("max-per-address", nameof(ServerLimits.ConnectionsPerAddress), Number,
            (limits, text) => limits with { ConnectionsPerAddress = ParseCount(text) }),
        new("accept-rate", nameof(ServerLimits.AcceptRate), Number),
        new("max-handshakes", nameof(ServerLimits.Handshakes), Number),
        new("allow-uid", nameof(ServerLimits.AllowUsers), Entries),
        new("allow", nameof(ServerLimits.Allow), Entries),
        new("deny", nameof(ServerLimits.Deny), Entries),
        new("first-byte-timeout", nameof(ServerLimits.FirstByteTimeout), Seconds,
            (limits, text) => limits with { FirstByteTimeout = VerbOptions.ParseTimeout(text) }),
        new("idle-timeout", nameof(ServerLimits.IdleTimeout), Seconds,
            (limits, text) => limits with { IdleTimeout = VerbOptions.ParseTimeout(text) }),
        new("total-timeout", nameof(ServerLimits.TotalTimeout), Seconds,
            (limits, text) => limits with { TotalTimeout = VerbOptions.ParseTimeout(text) }),
        new("min-rate", nameof(ServerLimits.MinimumRate), BytesPerSecond),
        new("drain-timeout", nameof(ServerLimits.DrainTimeout), Seconds,
            (limits, text) => limits with { DrainTimeout = Quantity.ParseTimeout(text) }),
        new("max-connection-bytes", nameof(ServerLimits.BytesPerConnection), Bytes,
            (limits, text) => limits with { BytesPerConnection = ParseBytes(text) }),
        new("rate-limit", nameof(ServerLimits.RateLimit), BytesPerSecond),
        new("connection-rate-limit", nameof(ServerLimits.ConnectionRateLimit), BytesPerSecond),
    ];

    /// <summary>The names of those that can change while a server runs.</summary>
    public static IEnumerable<string> Changeable =>
        All.Where(limit => limit.Change is not null).Select(limit => limit.Name);

    /// <summary>The option for a property of <see cref="ServerLimits"/>.</summary>
    public static string NameOf(string property) => All.First(limit => limit.Property == property).Name;

    /// <summary>Whether a limit can change while the server runs.</summary>
    /// <param name="limits">The limits in force.</param>
    /// <param name="name">The limit's name.</param>
    public static bool CanChange(ServerLimits limits, string name) => Changeable.Contains(name)
        // Connections are counted only under a limit.
        && (name != "max-per-address" || limits.ConnectionsPerAddress < int.MaxValue);

    /// <summary>Formats a value of a limit for people.</summary>
    public static string Format(string name, double value) =>
        (Array.Find(All, limit => limit.Name == name)?.Format ?? Number)(value);

    /// <summary>Changes one limit.</summary>
    /// <param name="limits">The limits in force.</param>
    /// <param name="name">The limit's name.</param>
    /// <param name="value">Its value, as on the command line of <c>serve</c>.</param>
    /// <exception cref="FormatException">There is no such limit, it cannot change, or the value is invalid.</exception>
    public static ServerLimits Change(ServerLimits limits, string name, string value)
    {
        Limit limit = Require(limits, name);
        try
        {
            return limit.Change!(limits, value);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{name}: {e.Message}", e);
        }
    }

    /// <summary>Requires that there is such a limit and that it can change.</summary>
    /// <inheritdoc cref="Change"/>
    public static void RequireChangeable(ServerLimits limits, string name) => Require(limits, name);

    private static Limit Require(ServerLimits limits, string name)
    {
        Limit limit = Array.Find(All, limit => limit.Name == name)
            ?? throw new FormatException($"unknown limit '{name}'"
                + (UsageException.Suggest(name, Changeable) ?? $"; use one of {string.Join(", ", Changeable)}"));
        if (!CanChange(limits, name))
            throw new FormatException($"{name}: cannot change while the server runs; restart it with --{name}");
        return limit;
    }

    private static int ParseCount(string text) => Quantity.ParseInt(text, "number", 1, MostConnections);

    private static long ParseBytes(string text) => text == "none" ? long.MaxValue
        : Quantity.ParseSize(text) is > 0 and var bytes ? bytes
        : throw new FormatException($"'{text}' is too small; use 1 or more, or none");

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Entries(double value) => value == 1 ? "1 entry" : $"{Number(value)} entries";

    private static string Seconds(double value) => Quantity.FormatDuration(TimeSpan.FromSeconds(value));

    private static string Bytes(double value) => Quantity.FormatSize((long)value);

    private static string BytesPerSecond(double value) => $"{Bytes(value)}/s";

    private sealed record Limit(
        string Name, string Property, Func<double, string> Format,
        Func<ServerLimits, string, ServerLimits>? Change = null);
}
