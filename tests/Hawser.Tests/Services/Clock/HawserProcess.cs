using System.Diagnostics;
using System.Runtime.InteropServices;
using Hawser.Tests.Support;

namespace Hawser.Tests.Services.Clock;

/// <summary>The built program as a child process, for what only a process can do: be killed.</summary>
internal sealed partial class HawserProcess : IDisposable
{
    private readonly Process _process;

    private HawserProcess(Process process) => _process = process;

    public static HawserProcess Start(params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "hawser.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", program, .. arguments]) { RedirectStandardOutput = true };
        return new HawserProcess(Process.Start(start)!);
    }

    public async Task<string> LineWithAsync(string part)
    {
        while (await _process.StandardOutput.ReadLineAsync().Bounded() is { } line)
        {
            if (line.Contains(part, StringComparison.Ordinal))
                return line;
        }
        throw new InvalidOperationException($"the program ended without '{part}'");
    }

    /// <summary>Reads what is left, and waits for the end.</summary>
    public async Task<(int ExitCode, string Output)> WaitAsync()
    {
        string output = await _process.StandardOutput.ReadToEndAsync().Bounded();
        await _process.WaitForExitAsync().Bounded();
        return (_process.ExitCode, output);
    }

    public void Signal(int signal)
    {
        if (kill(_process.Id, signal) != 0)
            throw new InvalidOperationException($"kill: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
