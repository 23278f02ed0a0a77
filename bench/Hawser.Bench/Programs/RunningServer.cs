using System.Diagnostics;
using System.Globalization;

namespace Hawser.Bench.Programs;

/// <summary>A server in a process of its own, from its listening line until it is killed.</summary>
internal sealed class RunningServer : IDisposable
{
    private readonly Process _process;

    private RunningServer(Process process, int port, TimeSpan startTime)
    {
        _process = process;
        Port = port;
        StartTime = startTime;
    }

    public int Port { get; }

    public int ProcessId => _process.Id;

    /// <summary>From exec to the listening line.</summary>
    public TimeSpan StartTime { get; }

    /// <exception cref="BenchException">It ended before it listened.</exception>
    public static async Task<RunningServer> StartAsync(ServerProgram program)
    {
        var start = new ProcessStartInfo(program.FileName, program.Arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var listening = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        long begin = Stopwatch.GetTimestamp();
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.Exited += (_, _) => listening.TrySetException(
            new BenchException($"it did not start: {program.FileName} {string.Join(' ', program.Arguments)}"));
        // A service whose output is its bytes says elsewhere that it listens. Both are read on, so that neither fills.
        process.OutputDataReceived += OnLine;
        process.ErrorDataReceived += OnLine;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        string line = await listening.Task;
        TimeSpan startTime = Stopwatch.GetElapsedTime(begin);
        int port = program.Port ?? int.Parse(line[(line.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);
        return new RunningServer(process, port, startTime);

        void OnLine(object sender, DataReceivedEventArgs e)
        {
            if (e.Data is { } text && text.Contains(program.ListeningLine, StringComparison.Ordinal))
                listening.TrySetResult(text);
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
