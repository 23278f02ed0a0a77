using System.Collections.Concurrent;
using System.Diagnostics;

namespace Hawser.Bench.Programs;

/// <summary>A server in a process of its own, from its listening line until it is killed.</summary>
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

    /// <summary>From exec to the listening line.</summary>
    public TimeSpan StartTime { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>The lines on its standard error so far.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <exception cref="BenchException">It ended before it listened, or did not listen in time.</exception>
    public static async Task<RunningServer> StartAsync(ServerProgram program)
    {
        var errors = new ConcurrentQueue<string>();
        var listening = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        long begin = Stopwatch.GetTimestamp();
        Process process = ChildProcess.Start(StartOf(program));
        // A service whose output is its bytes says elsewhere that it listens. Both are read on, so that neither fills.
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

    /// <summary>Asks it to end, and waits until it has.</summary>
    /// <exception cref="BenchException">It did not, or not well.</exception>
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
        // The shell opens the file and becomes the server, so that nobody stands between the two.
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
