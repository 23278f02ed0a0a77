using System.Diagnostics;
using Hawser.Bench.Programs;

namespace Hawser.Bench.Rivals;

/// <summary>The usual tools that copy a file over TCP.</summary>
internal static class FileTools
{
    private const string Socat = "socat -b 262144";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    // $0 is the file and $1 the port.
    private static readonly (string Program, string Name, string Receive, string Send)[] All =
    [
        ("socat", Socat,
            $"exec {Socat} -u \"TCP-LISTEN:$1,bind=127.0.0.1\" \"CREATE:$0\"",
            $"exec {Socat} -u \"OPEN:$0\" \"TCP:127.0.0.1:$1\""),
        ("ncat", "ncat",
            "exec ncat -l --recv-only 127.0.0.1 \"$1\" > \"$0\"",
            "exec ncat --send-only 127.0.0.1 \"$1\" < \"$0\""),
        ("nc", "nc",
            "exec nc -l 127.0.0.1 \"$1\" > \"$0\"",
            "exec nc -N 127.0.0.1 \"$1\" < \"$0\""),
    ];

    /// <summary>Their names in <see cref="Requirement"/>.</summary>
    public static IReadOnlyList<string> Programs => [.. All.Select(tool => tool.Program)];

    /// <summary>The installed tools.</summary>
    public static IEnumerable<FileSender> Installed() =>
        from tool in All
        where Requirement.Has(tool.Program)
        select new FileSender(tool.Name, (source, target) => SendAsync(tool.Receive, tool.Send, source, target))
        {
            IsRival = true,
        };

    private static async Task<FileTransfer> SendAsync(string receive, string send, string source, string target)
    {
        string port = $"{LoopbackPort.FreeTcp()}";
        using Process receiver = ChildProcess.Start(new ProcessStartInfo("/bin/sh", ["-c", receive, target, port]));
        try
        {
            await LoopbackPort.WaitForListenerAsync(int.Parse(port));
            long begin = Stopwatch.GetTimestamp();
            await Tool.ShellAsync(send, source, port);
            await ChildProcess.WaitForExitAsync(receiver, Limit);
            return new FileTransfer(Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }
        finally
        {
            ChildProcess.End(receiver);
        }
    }
}
