using System.Text.Json;
using Hawser.Bench.Programs;

namespace Hawser.Bench.Rivals;

/// <summary>iperf3: one stream without files, the upper bound for copying files.</summary>
internal static class Iperf
{
    /// <summary>Its name in <see cref="Requirement"/> and in the results.</summary>
    public const string Program = "iperf3";

    /// <summary>Sends as many bytes as the file has. Empty if iperf3 is not installed.</summary>
    public static IEnumerable<FileSender> Installed() => Requirement.Has(Program)
        ?
        [
            new FileSender(Program, (source, _) => SendAsync(new FileInfo(source).Length))
            {
                KeepsBytes = false,
                IsRival = true,
            },
        ]
        : [];

    private static async Task<FileTransfer> SendAsync(long bytes)
    {
        int port = LoopbackPort.FreeTcp();
        using RunningServer server = await RunningServer.StartAsync(new ServerProgram(
            Program, Program, "-s", "-1", "-B", "127.0.0.1", "-p", $"{port}", "--forceflush")
        {
            ListeningLine = "Server listening on",
            Port = port,
        });
        string report = await Tool.RunAsync(Program, "-c", "127.0.0.1", "-p", $"{port}", "-n", $"{bytes}", "-J");
        JsonElement received = JsonDocument.Parse(report).RootElement.GetProperty("end").GetProperty("sum_received");
        double bytesPerSecond = received.GetProperty("bits_per_second").GetDouble() / 8;
        return new FileTransfer(bytes / bytesPerSecond);
    }
}
