using System.Diagnostics.Metrics;
using System.Net;
using System.Text.RegularExpressions;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Clock;
using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Hawser.Tests.Telemetry;
using Xunit;

namespace Hawser.Tests.Guide;

public sealed partial class MetricsTableTest
{
    [Fact]
    public async Task The_guide_lists_every_instrument_with_its_type_and_unit()
    {
        using var folder = new TemporaryFolder();
        ServiceSettings settings = new ServiceSettings()
            .Set(UploadService.Folder, folder["stored"]).Set(ClockService.Out, folder["clock"]);
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Service service in ServiceCatalog.All)
        {
            using var probe = new MeterProbe();
            await using ServiceHost host = ServiceHost.Start(service, settings, new ServiceEnvironment
            {
                Log = TextWriter.Null,
                Errors = TextWriter.Null,
                Output = Stream.Null,
                Fail = _ => { },
            }, new ServerOptions
            {
                EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
                Model = ConcurrencyModels.Get("select"),
                Meter = probe.Meter,
            });
            found.UnionWith(probe.Instruments.Select(Describe));
        }

        string guide = await File.ReadAllTextAsync(ProgramRepository.PathOf("docs", "guide", "metrics.md"));
        Assert.Equal(found, Row().Matches(guide)
            .Select(row => $"{row.Groups[1].Value} {row.Groups[2].Value} {row.Groups[3].Value}")
            .Order(StringComparer.Ordinal));
    }

    private static string Describe(Instrument instrument)
    {
        Type type = instrument.GetType().GetGenericTypeDefinition();
        string name = type == typeof(Histogram<>) ? "histogram"
            : type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? "counter"
            : type == typeof(ObservableUpDownCounter<>) ? "up-down counter"
            : $"{type}";
        return $"{instrument.Name} {name} {instrument.Unit}";
    }

    [GeneratedRegex(@"^\| `(hawser\.[a-z._]+)` \| ([a-z -]+) \| `([^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
