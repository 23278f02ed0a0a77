using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Hawser.Bench.Programs;

/// <summary>Processes that this one starts. A signal that ends this one ends them as well: a server that stays would
/// be in the next bench's way.</summary>
internal static partial class ChildProcess
{
    private const int SIGTERM = 15;
    private const int EndedBySignal = 128;

    // For a bench to end its own processes and to clear up, before it is killed.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private static readonly ConcurrentDictionary<Process, bool> Running = new();

    // Held for good by whoever ends this process: nobody may start another or leave meanwhile.
    private static readonly Lock Gate = new();

    // Kept for as long as the process lives: a registration that is collected is none.
    private static readonly PosixSignalRegistration[] Signals =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, EndAll),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, EndAll),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, EndAll),
    ];

    /// <exception cref="BenchException">There is no such program.</exception>
    public static Process Start(ProcessStartInfo start)
    {
        GC.KeepAlive(Signals);
        try
        {
            lock (Gate)
            {
                Process process = Process.Start(start)!;
                Running[process] = true;
                return process;
            }
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new BenchException($"{start.FileName} cannot be started: {e.Message}");
        }
    }

    /// <summary>Waits for its end; after the limit it is asked to end, and then killed with all that it has
    /// started.</summary>
    /// <exception cref="BenchException">It took longer than that.</exception>
    public static async Task WaitForExitAsync(Process process, TimeSpan limit)
    {
        using var patience = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Terminate(process);
            process.WaitForExit(Grace);
            throw new BenchException($"{process.StartInfo.FileName} did not end within {limit.TotalSeconds:0} s");
        }
        finally
        {
            End(process);
        }
    }

    /// <summary>Before this process leaves: returns unless a signal is just ending it.</summary>
    public static void LeaveGate()
    {
        lock (Gate)
        {
        }
    }

    /// <summary>Asks it to end.</summary>
    public static void Terminate(Process process) => _ = Kill(process.Id, SIGTERM);

    /// <summary>Sees to it that it has ended.</summary>
    public static void End(Process process)
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        Running.TryRemove(process, out _);
    }

    private static void EndAll(PosixSignalContext signal)
    {
        lock (Gate)
        {
            Process[] running = [.. Running.Keys];
            foreach (Process process in running)
                Terminate(process);
            foreach (Process process in running)
            {
                if (!process.WaitForExit(Grace))
                    process.Kill(entireProcessTree: true);
            }
            ScratchFolder.DeleteAll();
            Environment.Exit(EndedBySignal + SIGTERM);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
