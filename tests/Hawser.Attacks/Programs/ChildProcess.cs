using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Hawser.Attacks.Programs;

/// <summary>Child processes. A signal that ends this process ends them as well: a leftover server would disturb the
/// next attack.</summary>
internal static partial class ChildProcess
{
    private const int SIGTERM = 15;
    private const int EndedBySignal = 128;

    // Time for a child to end its children and clean up before it is killed.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private static readonly ConcurrentDictionary<Process, bool> Running = new();

    // Held until exit by a signal handler: meanwhile no process may start and Main may not return.
    private static readonly Lock Gate = new();

    // Kept alive: a collected registration is removed.
    private static readonly PosixSignalRegistration[] Signals =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, EndAll),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, EndAll),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, EndAll),
    ];

    /// <summary>Starts a process.</summary>
    /// <exception cref="AttackException">The program cannot be started.</exception>
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
            throw new AttackException($"cannot start {start.FileName}: {e.Message}");
        }
    }

    /// <summary>Waits for the exit. After the limit, terminates the process, then kills it and its
    /// descendants.</summary>
    /// <exception cref="AttackException">The limit was exceeded.</exception>
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
            throw new AttackException($"{process.StartInfo.FileName} did not end within {limit.TotalSeconds:0} s");
        }
        finally
        {
            End(process);
        }
    }

    /// <summary>Call before Main returns. Does not return while a signal handler ends the process.</summary>
    public static void LeaveGate()
    {
        lock (Gate)
        {
        }
    }

    /// <summary>Sends SIGTERM.</summary>
    public static void Terminate(Process process) => _ = Kill(process.Id, SIGTERM);

    /// <summary>Kills the process if it still runs, and waits for its exit.</summary>
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
