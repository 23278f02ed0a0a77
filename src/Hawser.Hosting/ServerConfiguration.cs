using System.Globalization;
using System.Numerics;
using Hawser.Limits;
using Hawser.Models;
using Microsoft.Extensions.Configuration;

namespace Hawser.Hosting;

/// <summary>Reads the options of a server from configuration. A key that is not an option is an error:
/// otherwise a misspelt option would go unnoticed.</summary>
internal static class ServerConfiguration
{
    /// <summary>The section of the server of this name.</summary>
    public static string SectionOf(string name) => $"Hawser:{name}";

    /// <exception cref="InvalidOperationException">A key or value is wrong; the message begins with its
    /// path.</exception>
    public static void Apply(IConfiguration section, HawserServerOptions options)
    {
        foreach (IConfigurationSection entry in section.GetChildren())
            Apply(entry, options);
    }

    private static void Apply(IConfigurationSection entry, HawserServerOptions options)
    {
        switch (entry.Key.ToUpperInvariant())
        {
            case "LISTEN":
                // The addresses of code and of the configuration are alternatives, not a sum.
                options.EndPoints.Clear();
                foreach (string address in Texts(entry))
                    Parse(entry, () => options.Listen(address));
                break;
            case "MODEL":
                Parse(entry, () => options.Model = ConcurrencyModels.Get(Text(entry)).Name);
                options.CustomModel = null;
                break;
            case "THREADS":
                options.ModelOptions = options.ModelOptions with { Threads = Number(entry) };
                break;
            case "LOOPS":
                options.ModelOptions = options.ModelOptions with { Loops = Number(entry) };
                break;
            case "BACKLOG":
                options.Backlog = Number(entry);
                break;
            case "LIMITS":
                foreach (IConfigurationSection limit in Members(entry))
                    options.Limits = With(options.Limits, limit);
                break;
            default:
                throw Unknown(entry, "Listen, Model, Threads, Loops, Backlog or Limits");
        }
    }

    private static ServerLimits With(ServerLimits limits, IConfigurationSection entry) =>
        entry.Key.ToUpperInvariant() switch
        {
            "CONNECTIONS" => limits with { Connections = Number(entry) },
            "CONNECTIONSPERADDRESS" => limits with { ConnectionsPerAddress = Number(entry) },
            "ACCEPTRATE" => limits with { AcceptRate = Rate(entry) },
            "HANDSHAKES" => limits with { Handshakes = Number(entry) },
            "ALLOWUSERS" => limits with { AllowUsers = Texts(entry).Select(id => User(entry, id)).ToHashSet() },
            "ALLOW" => limits with { Allow = Networks(entry) },
            "DENY" => limits with { Deny = Networks(entry) },
            "FIRSTBYTETIMEOUT" => limits with { FirstByteTimeout = Time(entry) },
            "IDLETIMEOUT" => limits with { IdleTimeout = Time(entry) },
            "TOTALTIMEOUT" => limits with { TotalTimeout = Time(entry) },
            "DRAINTIMEOUT" => limits with { DrainTimeout = Time(entry) },
            "LINGERTIMEOUT" => limits with { LingerTimeout = Time(entry) },
            "MINIMUMRATE" => limits with { MinimumRate = Slowest(entry) },
            "BYTESPERCONNECTION" => limits with { BytesPerConnection = Bytes(entry) },
            "RATELIMIT" => limits with { RateLimit = Bytes(entry) },
            "CONNECTIONRATELIMIT" => limits with { ConnectionRateLimit = Bytes(entry) },
            _ => throw Unknown(entry, "a property of ServerLimits, such as Connections or IdleTimeout"),
        };

    private static MinimumRate Slowest(IConfigurationSection entry)
    {
        foreach (IConfigurationSection member in Members(entry))
        {
            if (member.Key.ToUpperInvariant() is not ("BYTESPERSECOND" or "GRACE"))
                throw Unknown(member, "BytesPerSecond and Grace");
        }
        return new MinimumRate(Bytes(entry.GetSection("BytesPerSecond")), Time(entry.GetSection("Grace")));
    }

    private static IEnumerable<IConfigurationSection> Members(IConfigurationSection entry) =>
        entry.Value is null ? entry.GetChildren() : throw Wrong(entry, $"'{entry.Value}' is not a section");

    private static AddressList Networks(IConfigurationSection entry)
    {
        AddressList? list = null;
        Parse(entry, () => list = AddressList.Parse(Texts(entry)));
        return list!;
    }

    /// <summary>An array, or one value.</summary>
    private static IEnumerable<string> Texts(IConfigurationSection entry) =>
        entry.Value is null ? entry.GetChildren().Select(Text) : [entry.Value];

    private static string Text(IConfigurationSection entry) =>
        entry.Value ?? throw Wrong(entry, "the value is missing");

    private static int Number(IConfigurationSection entry) => Read<int>(entry, Text(entry), "a whole number");

    private static long Bytes(IConfigurationSection entry) => Read<long>(entry, Text(entry), "a number of bytes");

    private static uint User(IConfigurationSection entry, string text) =>
        Read<uint>(entry, text, "the number of a user");

    private static double Rate(IConfigurationSection entry) =>
        Read<double>(entry, Text(entry), "a number per second", NumberStyles.AllowDecimalPoint);

    private static T Read<T>(
        IConfigurationSection entry, string text, string what, NumberStyles style = NumberStyles.None)
        where T : INumberBase<T> =>
        T.TryParse(text, style, CultureInfo.InvariantCulture, out T? number)
            ? number
            : throw Wrong(entry, $"'{text}' is not {what}");

    // .NET's own format, as everywhere in a host's configuration; -00:00:00.001 is infinite. Without a colon, .NET
    // reads days.
    private static TimeSpan Time(IConfigurationSection entry) =>
        Text(entry).Contains(':') && TimeSpan.TryParse(entry.Value, CultureInfo.InvariantCulture, out TimeSpan time)
            ? time
            : throw Wrong(entry, $"'{entry.Value}' is not a time; use 00:00:30 for thirty seconds");

    private static void Parse(IConfigurationSection entry, Action parse)
    {
        try
        {
            parse();
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw Wrong(entry, e.Message);
        }
    }

    private static InvalidOperationException Unknown(IConfigurationSection entry, string known) =>
        Wrong(entry, $"unknown option; use {known}");

    private static InvalidOperationException Wrong(IConfigurationSection entry, string what) =>
        new($"{entry.Path}: {what}");
}
