using System.Runtime.CompilerServices;
using Hawser.Layers;
using Hawser.Native;
using Hawser.Tests.Layers;
using Hawser.Transports;

namespace Hawser.Tests.Support;

/// <summary>A variant of the test run, chosen by an environment variable before the engine is
/// used.</summary>
internal static class TestVariant
{
    /// <summary>The name of the variable.</summary>
    public const string Variable = "HAWSER_TEST_VARIANT";

    /// <summary>The paths that other systems than Linux take.</summary>
    public const string Portable = "portable";

    /// <summary>Every test server gets two layers: one that forwards bytes, one that holds them back.</summary>
    public const string Layered = "layered";

    /// <summary>Every test server speaks TLS, and so do the tests' clients.</summary>
    public const string Tls = "tls";

    private static string Name => Environment.GetEnvironmentVariable(Variable) ?? "";

    public static bool IsLayered => Name == Layered;

    public static bool IsTls => Name == Tls;

    public static bool IsPortable => Name == Portable;

    /// <summary>What lies over the transports of the tests' servers.</summary>
    public static IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>> Layers { get; } =
        IsLayered ? [PassingTransport.Over, HoldingTransport.Over]
        : IsTls ? [TlsLayer.Server(_ => TestCertificate.Server, Patience.Limit)]
        : [];

    [ModuleInitializer]
    internal static void Choose()
    {
        if (IsPortable)
            AppContext.SetSwitch(Platform.PortableSwitch, true);
    }
}
