using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;

namespace Hawser.Tests.Support;

/// <summary>The built program, serving ping in a process of its own with few descriptors.</summary>
internal sealed class ServeProcess : IDisposable
{
    private const string ListeningMark = "Listening on ";

    private readonly TaskCompletionSource<IPEndPoint> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _errors = new();

    private ServeProcess(Process process) => Process = process;

    public Process Process { get; }

    public IReadOnlyCollection<string> Errors => _errors;

    public Task<IPEndPoint> Listening => _listening.Task.Bounded();

    public static ServeProcess Start(string model, int descriptors)
    {
        string dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
        string program = Path.Combine(AppContext.BaseDirectory, "hawser.dll");
        var process = new Process
        {
            StartInfo = new ProcessStartInfo("/bin/sh",
                ["-c", $"ulimit -n {descriptors}; exec \"$0\" \"$@\"", dotnet, program,
                    "serve", "ping", "--port", "0", "--model", model, "--threads", "1000", "--loops", "1"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        var serve = new ServeProcess(process);
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.StartsWith(ListeningMark, StringComparison.Ordinal) is true)
                serve._listening.TrySetResult(IPEndPoint.Parse(line.Data[ListeningMark.Length..]));
        };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null)
                serve._errors.Enqueue(line.Data);
        };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return serve;
    }

    public void Dispose()
    {
        Process.Kill();
        Process.WaitForExit(Patience.Limit);
        Process.Dispose();
    }
}
