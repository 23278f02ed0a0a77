using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Hawser.Services.Measuring;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Benchmarks.Transfers;

/// <summary><c>ways</c>: the system calls that move bytes from a file to a socket, and from a socket to a file.</summary>
/// <remarks>A sending and a receiving thread over the loopback interface, and nothing else. A round is one run of each
/// pair, in shuffled order.</remarks>
internal static class Ways
{
    private const double Gigabyte = 1e9;
    private const long Bytes = 512L * 1024 * KiB;
    private const int KiB = 1024;
    private const int SendFileBytes = 512 * KiB;
    private const int WithoutOffset = 0;

    private sealed record Way(string Name, Action<SafeHandle, SafeHandle> Move);

    private sealed record Sample(string Pair, int Round, double Seconds, double SenderCpu, double ReceiverCpu);

    private static readonly Way SendFile = new("sendfile", static (file, socket) =>
        Repeat(() => FileCalls.SendFile(socket, file, WithoutOffset, SendFileBytes)));

    /// <summary>Measures every pair and prints a table.</summary>
    public static void Run(int rounds)
    {
        string folder = Directory.CreateTempSubdirectory("hawser-ways-").FullName;
        try
        {
            string source = Path.Combine(folder, "source");
            WriteRandom(source);
            var runs = new List<Sample>();
            // Round 0 warms the page cache.
            for (int round = 0; round <= rounds; round++)
            {
                var pairs = Pairs(Bytes).ToArray();
                Random.Shared.Shuffle(pairs);
                runs.AddRange(pairs.Select(pair =>
                    Measure(source, pair.Sender, pair.Receiver) with { Pair = pair.Name, Round = round }));
            }
            Print([.. runs.Where(run => run.Round > 0)]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void WriteRandom(string path)
    {
        byte[] piece = new byte[1024 * KiB];
        using FileStream file = File.Create(path);
        for (long written = 0; written < Bytes; written += piece.Length)
        {
            Random.Shared.NextBytes(piece);
            file.Write(piece);
        }
    }

    private static void Print(Sample[] runs)
    {
        Console.WriteLine($"{Bytes / Gigabyte:0.00} GB over the loopback interface; medians, with minimum and maximum");
        Console.WriteLine("| sender -> receiver | GB/s | sender CPU s/GB | receiver CPU s/GB |");
        Console.WriteLine("|---|--:|--:|--:|");
        foreach (IGrouping<string, Sample> pair in runs.GroupBy(run => run.Pair))
        {
            Console.WriteLine($"| {pair.Key} | {Text(run => Bytes / Gigabyte / run.Seconds)} "
                + $"| {Text(run => run.SenderCpu * Gigabyte / Bytes)} | {Text(run => run.ReceiverCpu * Gigabyte / Bytes)} |");

            string Text(Func<Sample, double> figure)
            {
                double[] sorted = [.. pair.Select(figure).Order()];
                return $"{sorted[sorted.Length / 2]:0.00} ({sorted[0]:0.00} to {sorted[^1]:0.00})";
            }
        }
    }

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

    private static Sample Measure(string source, Way sender, Way receiver)
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
            throw new IOException($"{sender.Name} -> {receiver.Name} lost bytes");
        File.Delete(target);
        return new Sample("", 0, seconds, senderCpu.TotalSeconds, receiverCpu.TotalSeconds);
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
        moved >= 0 ? moved : throw new IOException($"a system call failed: {Marshal.GetLastPInvokeErrorMessage()}");

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
