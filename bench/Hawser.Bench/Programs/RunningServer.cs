using System.Collections.Concurrent;
using System.Diagnostics;

namespace Hawser.Bench.Programs;

/// <summary>A running server process.</summary>
internal sealed class RunningServer : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errors;

    private RunningServer(Process process, ConcurrentQueue<string> errors, int port, TimeSpan startTime)
    {
        _process = process;
        _errors = errors;
        Port = port;
        StartTime = startTime;
    }

    public int Port { get; }

    public int ProcessId => _process.Id;

    /// <summary>Time from exec to the listening line.</summary>
    public TimeSpan StartTime { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>The lines on its standard error so far.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Starts a server and waits until it listens.</summary>
    /// <exception cref="BenchException">The server ended or did not listen in time.</exception>
    public static async Task<RunningServer> StartAsync(ServerProgram program)
    {
        var errors = new ConcurrentQueue<string>();
        var listening = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        long begin = Stopwatch.GetTimestamp();
        Process process = ChildProcess.Start(StartOf(program));
        // A service that owns standard output logs to standard error. Both must be drained, or a full pipe blocks it.
        process.OutputDataReceived += (_, e) => Look(e.Data);
        process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is { Length: > 0 } line)
                errors.Enqueue(line);
            Look(e.Data);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Task exit = process.WaitForExitAsync();
        Task ready = program.ListeningLine is null
            ? LoopbackPort.WaitForListenerAsync(program.Port!.Value)
            : listening.Task;
        Task first = await Task.WhenAny(ready, exit, Task.Delay(StartLimit));
        if (first != ready || ready.IsFaulted)
        {
            ChildProcess.End(process);
            string how = first == exit ? $"ended with exit code {process.ExitCode}" : "did not listen";
            throw new BenchException($"the server {how}: {program}: {string.Join(" ", errors.Take(3))}");
        }
        TimeSpan startTime = Stopwatch.GetElapsedTime(begin);
        int port = program.Port ?? PortOf(await listening.Task);
        return new RunningServer(process, errors, port, startTime);

        void Look(string? line)
        {
            if (program.ListeningLine is { } said && line?.Contains(said, StringComparison.Ordinal) == true)
                listening.TrySetResult(line);
        }
    }

    /// <summary>Terminates the server and waits for its exit.</summary>
    /// <exception cref="BenchException">It did not exit in time, or its exit code is not 0.</exception>
    public async Task StopAsync()
    {
        ChildProcess.Terminate(_process);
        await ChildProcess.WaitForExitAsync(_process, StopLimit);
        if (_process.ExitCode != 0)
        {
            throw new BenchException(
                $"the server ended with exit code {_process.ExitCode}: {string.Join(" ", Errors.Take(3))}");
        }
    }

    public void Dispose()
    {
        ChildProcess.End(_process);
        _process.Dispose();
    }

    private static int PortOf(string line) => int.Parse(line[(line.LastIndexOf(':') + 1)..]);

    private static ProcessStartInfo StartOf(ServerProgram program)
    {
        // The shell opens the file, then execs the server: no process sits between the two.
        string[] command = program.OutputFile is { } file
            ? ["/bin/sh", "-c", "exec \"$@\" > \"$0\"", file, program.FileName, .. program.Arguments]
            : [program.FileName, .. program.Arguments];
        return new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }
}
