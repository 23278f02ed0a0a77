using System.Globalization;
using Hawser.Models;
using Hawser.Services.Text;

namespace Hawser.Services.Numbers;

/// <summary>Lists of random numbers.</summary>
public sealed class NumbersService : Service
{
    /// <summary><c>--count N</c>.</summary>
    public static readonly ServiceOption<int> Count = new("count", "N", "numbers per list",
        $"{NumbersProtocol.DefaultCount}", text => Quantity.ParseInt(text, "count", 1, NumbersProtocol.MaxCount));

    /// <summary><c>--min N</c>.</summary>
    public static readonly ServiceOption<long> Min =
        new("min", "N", "the smallest number", $"{NumbersProtocol.DefaultMin}", ParseNumber);

    /// <summary><c>--max N</c>.</summary>
    public static readonly ServiceOption<long> Max =
        new("max", "N", "the largest number", $"{NumbersProtocol.DefaultMax}", ParseNumber);

    /// <summary><c>--seed S</c>.</summary>
    public static readonly ServiceOption<ulong> Seed =
        new("seed", "S", "make list i, in the order of accept, the same everywhere [default: random]", null, ParseSeed);

    private const int DemoLists = 10;
    private const string DemoSeed = "2026";

    /// <inheritdoc/>
    public override string Name => "numbers";

    /// <inheritdoc/>
    public override string Summary => "sends each client a list of random numbers";

    /// <inheritdoc/>
    public override int DefaultPort => NumbersProtocol.DefaultPort;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceOption> Options => [Count, Min, Max, Seed];

    /// <inheritdoc/>
    public override IConnectionHandler CreateHandler(ServiceSettings settings, ServiceEnvironment environment)
    {
        NumberRange range = NumberRange.OfOptions(settings.Get(Min), settings.Get(Max));
        ulong? seed = settings.IsSet(Seed) ? settings.Find(Seed) : null;
        // Loads the assembly of random numbers while descriptors are left for that.
        if (seed is null)
            NumberGenerator.Unseeded(range);
        return new NumbersHandler(settings.Get(Count), range, seed, environment.Log, environment.Meter);
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<Demonstration>> DemonstrateAsync(ConcurrencyModel model, string folder)
    {
        ServiceSettings settings = new ServiceSettings().Set(Seed, DemoSeed);
        await using ServiceHost host = ServiceHost.StartForDemonstration(this, settings, model, Stream.Null);
        // One connection, so that the order of accept is known and each list can be compared with its seed.
        var options = new NumbersClientOptions { Server = host.EndPoint, Folder = folder, Lists = DemoLists };
        (TimeSpan time, string? difference) = await RunAsync(options with { Connections = 1 });
        var unsorted = new DirectoryInfo(Path.Combine(folder, "unsorted_files"));
        long bytes = unsorted.EnumerateFiles().Sum(file => file.Length);
        return [new($"{DemoLists} lists of 250,000 numbers, verified by seed, sorted", bytes, time, difference)];
    }

    private static async Task<(TimeSpan Time, string? Difference)> RunAsync(NumbersClientOptions options)
    {
        var client = new NumbersClient(options);
        NumbersReport report = client.Run();
        string? difference = report.Failures.Concat(client.Verify(report.Failures)).FirstOrDefault()?.ToString();
        for (int list = 0; difference is null && list < options.Lists; list++)
        {
            string path = new ListFolders(options.Folder).UnsortedPath(list);
            difference = await SeedVerifier.FindDifferenceAsync(
                path, ParseSeed(DemoSeed), list, NumbersProtocol.DefaultCount,
                NumbersProtocol.DefaultMin, NumbersProtocol.DefaultMax);
        }
        return ((report.Download ?? TimeSpan.Zero) + (report.Sorting ?? TimeSpan.Zero), difference);
    }

    private static long ParseNumber(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new FormatException($"'{text}' is not a 64-bit number");

    private static ulong ParseSeed(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw new FormatException($"'{text}' is not a seed; use a whole number from 0 to {ulong.MaxValue}");
}
