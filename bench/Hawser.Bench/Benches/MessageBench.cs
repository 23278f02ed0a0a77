using System.Diagnostics;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;
using Hawser.Bench.Rivals;

namespace Hawser.Bench.Benches;

/// <summary><c>message</c>: standard input to standard output, both files, compared with the usual tools.</summary>
internal static class MessageBench
{
    private const string Words =
        """
        Hawser is `hawser serve message 0 > received` and `hawser message 127.0.0.1 PORT < source`; its time includes
        the start of a .NET process. The client exits when the server has closed, which promises that the message is
        written: the size of the file is checked at that moment, before the server is stopped.
        """;

    /// <summary>Options: those of <see cref="FileRounds"/> and <see cref="ResultPage"/>.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        ResultPage page = await ResultPage.BeginAsync(
            "message", "Message: standard input to standard output", arguments);
        string hawser = await Repository.PublishHawserAsync();
        await FileRounds.RunAsync(page, arguments,
            [new FileSender("hawser", (source, target) => SendAsync(hawser, source, target))], Words);
    }

    private static async Task<FileTransfer> SendAsync(string hawser, string source, string target)
    {
        using RunningServer server = await RunningServer.StartAsync(
            new ServerProgram("hawser", hawser, "serve", "message", "0", "--host", "127.0.0.1")
            {
                OutputFile = target,
            });
        long begin = Stopwatch.GetTimestamp();
        await Tool.ShellAsync("exec \"$0\" message 127.0.0.1 \"$1\" < \"$2\"", hawser, $"{server.Port}", source);
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        long received = new FileInfo(target).Length;
        if (received != new FileInfo(source).Length)
            throw new BenchException($"the server closed after writing only {received} bytes");
        await server.StopAsync();
        return new FileTransfer(seconds);
    }
}
