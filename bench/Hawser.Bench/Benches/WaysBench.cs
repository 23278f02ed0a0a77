using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Hawser.Bench.Load;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;
using Hawser.Services.Measuring;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Bench.Benches;

/// <summary><c>ways</c>: system calls that move bytes from a file to a socket, and from a socket to a file.</summary>
/// <remarks>A sending and a receiving thread over the loopback interface, and nothing else. A round is one run of each
/// pair, in shuffled order.</remarks>
internal static class WaysBench
{
    private const double Gigabyte = 1e9;
    private const int KiB = 1024;
    private const int SendFileBytes = 512 * KiB;
    private const int WithoutOffset = 0;

    private sealed record Way(string Name, Action<SafeHandle, SafeHandle> Move);

    private sealed record Run(string Pair, int Round, double Seconds, double SenderCpu, double ReceiverCpu);

    private static readonly Way SendFile = new("sendfile", static (file, socket) =>
        Repeat(() => FileCalls.SendFile(socket, file, WithoutOffset, SendFileBytes)));

    /// <summary>Options: <c>--rounds 5</c>, <c>--mib 1024</c>, <c>--folder</c> of the files (default: the temporary
    /// folder), <c>--seed</c> of the order, and those of <see cref="ResultPage"/>.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        ResultPage page =
            await ResultPage.BeginAsync("ways", "System calls from a file to a socket and back", arguments);
        using var folder = new ScratchFolder(arguments);
        string source = folder.At("source");
        int mebibytes = arguments.Number("mib", 1024, quick: 64);
        SourceFile.Write(source, mebibytes);
        long bytes = (long)mebibytes * 1024 * KiB;
        var runs = new List<Run>();
        var rounds = new Rounds(page, arguments, otherwise: 5);
        await rounds.RunAsync(Pairs(bytes), pair => pair.Name, (round, pair) =>
        {
            Run run = Measure(source, pair.Sender, pair.Receiver) with { Pair = pair.Name, Round = round };
            if (round > 0)
                runs.Add(run);
            return Task.FromResult($"{run.Seconds:0.00} s");
        }, text => Write(text, runs, bytes), hasWarmUp: true);
        rounds.Finish(text => Write(text, runs, bytes));
    }

    private static void Write(Markdown text, List<Run> runs, long bytes)
    {
        text.Paragraph(
            $"""
            {bytes / Gigabyte:0.00} GB over the loopback interface, a thread on each side, a warm page cache and a new
            target. Figures are medians of the rounds, with minimum and maximum. The threads' CPU time, in seconds per
            GB, is comparable even when other work uses the cores.
            """);
        text.Table(
            ["sender -> receiver", "GB/s", "sender CPU s/GB", "receiver CPU s/GB"],
            Pairs(bytes).Select(pair => Row(pair.Name, [.. runs.Where(run => run.Pair == pair.Name)], bytes / Gigabyte)));
    }

    private static string[] Row(string name, List<Run> runs, double gigabytes) =>
    [
        name,
        new Sample(runs.Select(run => gigabytes / run.Seconds)).ToString("0.00"),
        new Sample(runs.Select(run => run.SenderCpu / gigabytes)).ToString("0.00"),
        new Sample(runs.Select(run => run.ReceiverCpu / gigabytes)).ToString("0.00"),
    ];

    private static IEnumerable<(string Name, Way Sender, Way Receiver)> Pairs(long bytes)
    {
        Way readWrite = Copy(256 * KiB);
        Way[] receivers = [Copy(64 * KiB), readWrite, Copy(1024 * KiB), Splice(64 * KiB), Splice(1024 * KiB)];
        foreach (Way receiver in receivers)
            yield return ($"{SendFile.Name} -> {receiver.Name}", SendFile, receiver);
        Way reserved = Reserved(Splice(1024 * KiB), bytes);
        yield return ($"{SendFile.Name} -> {reserved.Name}", SendFile, reserved);
        yield return ($"{readWrite.Name} -> {readWrite.Name}", readWrite, readWrite);
        reserved = Reserved(readWrite, bytes);
        yield return ($"{readWrite.Name} -> {reserved.Name}", readWrite, reserved);
    }

    private static Run Measure(string source, Way sender, Way receiver)
    {
        string target = source + ".received";
        (Socket sending, Socket receiving) = Connect();
        using SafeFileHandle from = File.OpenHandle(source);
        using SafeFileHandle to = File.OpenHandle(target, FileMode.Create, FileAccess.ReadWrite);
        TimeSpan senderCpu = default;
        var thread = new Thread(() =>
        {
            TimeSpan before = ThreadCpuTime.Now();
            sender.Move(from, sending.SafeHandle);
            sending.Shutdown(SocketShutdown.Send);
            senderCpu = ThreadCpuTime.Now() - before;
        });
        TimeSpan receiverBefore = ThreadCpuTime.Now();
        long begin = Stopwatch.GetTimestamp();
        thread.Start();
        receiver.Move(receiving.SafeHandle, to);
        TimeSpan receiverCpu = ThreadCpuTime.Now() - receiverBefore;
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        thread.Join();
        sending.Dispose();
        receiving.Dispose();
        if (RandomAccess.GetLength(to) != RandomAccess.GetLength(from))
            throw new BenchException($"{sender.Name} -> {receiver.Name} lost bytes");
        File.Delete(target);
        return new Run("", 0, seconds, senderCpu.TotalSeconds, receiverCpu.TotalSeconds);
    }

    private static unsafe Way Copy(int bytes) => new($"read and write, {bytes / KiB} KiB", (from, to) =>
    {
        byte* buffer = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 4096);
        Repeat(() =>
        {
            nint read = FileCalls.Read(from, buffer, bytes);
            for (nint written = 0; written < read;)
                written += Checked(FileCalls.Write(to, buffer + written, read - written));
            return read;
        });
        NativeMemory.AlignedFree(buffer);
    });

    private static Way Splice(int bytes) => new($"splice through a pipe, {bytes / KiB} KiB", (from, to) =>
    {
        (SafeFileHandle output, SafeFileHandle input) = FileCalls.CreatePipe(bytes);
        using (output)
        using (input)
        {
            Repeat(() =>
            {
                nint moved = FileCalls.Splice(from, input, bytes);
                for (nint written = 0; written < moved;)
                    written += Checked(FileCalls.Splice(output, to, moved - written));
                return moved;
            });
        }
    });

    /// <summary>The same, with space for the whole file reserved first.</summary>
    private static Way Reserved(Way way, long bytes) => new($"{way.Name}, space reserved", (from, to) =>
    {
        Checked(FileCalls.Reserve(to, bytes));
        way.Move(from, to);
    });

    private static void Repeat(Func<nint> move)
    {
        while (Checked(move()) > 0)
        {
        }
    }

    private static nint Checked(nint moved) =>
        moved >= 0 ? moved : throw new BenchException($"a system call failed: {Marshal.GetLastPInvokeErrorMessage()}");

    private static (Socket, Socket) Connect()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        return (client, listener.Accept());
    }
}
