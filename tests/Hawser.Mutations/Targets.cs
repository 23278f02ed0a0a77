namespace Hawser.Mutations;

/// <summary>The test classes of a source file.</summary>
internal static class Targets
{
    private static readonly Dictionary<string, string[]> Known = new()
    {
        ["src/Hawser/Server.cs"] =
        [
            "Conformance.AdmissionTest", "Conformance.FaultTest", "Conformance.LingerAfterTimeoutTest",
            "Conformance.ModelFaultTest", "Conformance.ObserverFaultTest", "Conformance.OptionsTest",
            "Conformance.StopCutsNothingTest", "Conformance.StopRobustnessTest", "Conformance.StopTest",
        ],
        ["src/Hawser/Connections/LingeringClose.cs"] = ["Engine.LingeringCloseTest"],
        ["src/Hawser/Dialing/ConnectRace.cs"] = ["Engine.BlockingDialTest", "Engine.DialerTest", "Engine.UnixDialTest"],
        ["src/Hawser/Connections/Heartbeat.cs"] =
            ["Conformance.AbortedTest", "Conformance.TimeoutPrecisionTest", "Conformance.TimeoutTest"],
        ["src/Hawser.Services/Ping/PingProtocol.cs"] = ["Services.Ping.PingHandlerTest", "Services.Ping.PingProtocolTest"],
        ["src/Hawser.Services/Ping/Load/PingTimeline.cs"] = ["Services.Ping.Load.PingTimelineTest"],
        ["src/Hawser.Services/Upload/UploadReceipt.cs"] = ["Services.Upload.UploadReceiptTest"],
        ["src/Hawser.Services/Numbers/NumbersProtocol.cs"] =
            ["Services.Numbers.ListBoundTest", "Services.Numbers.NumberParserTests", "Services.Numbers.NumbersFailureTest"],
        ["src/Hawser.Cluster/ClusterStore.cs"] = ["Cluster.ClusterStoreTest"],
        ["src/Hawser.Cluster/ClusterUpload.cs"] = ["Cluster.ClusterStoreTest"],
        ["src/Hawser.Cluster/LedgerAddress.cs"] = ["Cluster.AddressTest"],
        ["src/Hawser.Cluster/PostgresLedger.cs"] = ["Cluster.ClusterStoreTest", "Cluster.ReadingVerbsTest"],
        ["src/Hawser.Cluster/SinkAddress.cs"] = ["Cluster.AddressTest"],
        ["src/Hawser.Services/ProgressWatchdog.cs"] = ["Services.ProgressWatchdogTest"],
    };

    /// <summary>Names below <c>Hawser.Tests</c>, with <c>*</c> at their ends.</summary>
    public static string[] TestsOf(string file)
    {
        if (Known.TryGetValue(file, out string[]? tests))
            return tests;
        const string services = "Hawser.Services/";
        int below = file.IndexOf(services, StringComparison.Ordinal);
        string folder = below < 0 ? "" : Path.GetDirectoryName(file[(below + services.Length)..])!.Replace('/', '.');
        return [folder.Length > 0 ? $"Services.{folder}.*" : $"*.{Path.GetFileNameWithoutExtension(file)}Test*"];
    }
}
