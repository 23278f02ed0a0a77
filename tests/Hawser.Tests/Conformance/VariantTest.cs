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
    private const int FewestTestsOverTls = 250;

    private static readonly Type[] OverTls =
    [
        typeof(ByteStreamTest), typeof(WholeMessageTest), typeof(WaitEndTest), typeof(TimeoutTest),
        typeof(DuplexEndTest), typeof(PeerLeavesTest), typeof(StopTest),
    ];

    /// <summary>All of them but those of the program, which knows no variants. At once, because they mostly
    /// wait.</summary>
    [Fact]
    public Task The_conformance_tests_hold()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere the other paths are the only ones");
        string[] variants = [TestVariant.Portable, TestVariant.Layered];
        return Task.WhenAll(variants.Select(variant => RunAsync(
            variant, FewestTests,
            "-namespace", typeof(VariantTest).Namespace!,
            "-class-", typeof(VariantTest).FullName!, "-class-", typeof(ExhaustionTest).FullName!)));
    }

    /// <summary>The tests of how bytes, ends, timeouts and stops pass through a layer; all of them take minutes over
    /// TLS.</summary>
    [Fact]
    public Task The_layer_sensitive_tests_pass_over_TLS() => RunAsync(
        TestVariant.Tls, FewestTestsOverTls, [.. OverTls.SelectMany(type => (string[])["-class", type.FullName!])]);

    private static async Task RunAsync(string variant, int fewest, params string[] selection)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["-noColor", .. selection])
        {
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

            Assert.True(tests.ExitCode == 0, $"{variant}:\n{output}{await errors}");
            Match summary = Summary().Match(output);
            Assert.InRange(int.Parse(summary.Groups["total"].Value), fewest, int.MaxValue);
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
