using System.Diagnostics;
using System.Text.RegularExpressions;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Runs the conformance tests again, in processes that take other paths through the
/// engine.</summary>
[Collection(nameof(VariantTest))]
[CollectionDefinition(nameof(VariantTest), DisableParallelization = true)]
public sealed partial class VariantTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    // Fewer mean that they were not found. Some are skipped where the model epoll is not there.
    private const int FewestTests = 1_000;
    private const int MostSkipped = 20;

    [Theory]
    [InlineData(TestVariant.Portable)]
    [InlineData(TestVariant.Layered)]
    public async Task The_conformance_tests_hold(string variant)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere the other paths are the only ones");
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            ArgumentList =
            {
                "-noColor", "-namespace", typeof(VariantTest).Namespace!, "-class-", typeof(VariantTest).FullName!,
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[TestVariant.Variable] = variant;
        using Process tests = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            Task<string> errors = tests.StandardError.ReadToEndAsync(limit.Token);
            string output = await tests.StandardOutput.ReadToEndAsync(limit.Token);
            await tests.WaitForExitAsync(limit.Token);

            Assert.True(tests.ExitCode == 0, output + await errors);
            Match summary = Summary().Match(output);
            Assert.InRange(int.Parse(summary.Groups["total"].Value), FewestTests, int.MaxValue);
            Assert.InRange(int.Parse(summary.Groups["skipped"].Value), 0, MostSkipped);
        }
        finally
        {
            tests.Kill(entireProcessTree: true);
        }
    }

    [GeneratedRegex(@"Total: (?<total>\d+),.*Skipped: (?<skipped>\d+),")]
    private static partial Regex Summary();
}
