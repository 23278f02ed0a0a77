using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using Xunit;

namespace Hawser.Tests.Support;

/// <summary>The built program as a child process. Disposing kills it.</summary>
internal sealed partial class ProgramProcess : IAsyncDisposable
{
    /// <summary>Bounds every wait for a program; far longer than any of them takes on a busy
    /// machine.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public const int SIGINT = 2;
    public const int SIGQUIT = 3;
    public const int SIGKILL = 9;
    public const int SIGTERM = 15;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;

    /// <summary>The runtime directory of programs that a test does not give one of their own.</summary>
    private static readonly Lazy<string> Runtime = new(() =>
    {
        var folder = new TemporaryFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        return folder.Root;
    });

    /// <summary>The program: the built one, or that of <c>HAWSER_TEST_PROGRAM</c>, such as an installed one.</summary>
    private static readonly string[] Command = Environment.GetEnvironmentVariable("HAWSER_TEST_PROGRAM") is { } program
        ? [program]
        : ["dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "hawser.dll")];

    /// <summary>The program as words for a shell.</summary>
    public static string ShellCommand => string.Join(' ', Command.Select(word => $"'{word}'"));

    private readonly Process _process;

    private ProgramProcess(Process process, bool readOutput)
    {
        _process = process;
        Output = readOutput ? new ProgramOutput(process.StandardOutput.BaseStream) : null!;
        Errors = new ProgramOutput(process.StandardError.BaseStream);
    }

    public int Id => _process.Id;

    /// <summary>What it has used so far.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public Stream Input => _process.StandardInput.BaseStream;

    public ProgramOutput Output { get; }

    public ProgramOutput Errors { get; }

    /// <summary>Starts <c>hawser</c> with these arguments.</summary>
    public static ProgramProcess Start(params string[] arguments) => Start([], readOutput: true, arguments);

    /// <summary>Starts it with environment variables; its output may be left for the test to read, or to
    /// close.</summary>
    public static ProgramProcess Start(
        (string Name, string Value)[] environment, bool readOutput, params string[] arguments)
    {
        return StartAny(Command[0], environment, readOutput, [.. Command[1..], .. arguments]);
    }

    /// <summary>Starts it with the tests' frameworks: beside the tests, the build leaves out what ASP.NET Core has of the
    /// program's packages.</summary>
    public static ProgramProcess StartWithPackages((string Name, string Value)[] environment, params string[] arguments) =>
        StartAny("dotnet", environment, readOutput: true,
        [
            "exec", "--runtimeconfig", Path.Combine(AppContext.BaseDirectory, "Hawser.Tests.runtimeconfig.json"),
            Path.Combine(AppContext.BaseDirectory, "hawser.dll"), .. arguments,
        ]);

    /// <summary>Starts any program, such as <c>dotnet</c> itself.</summary>
    public static ProgramProcess StartForeign(string file, params string[] arguments) =>
        StartAny(file, [], readOutput: true, arguments);

    /// <summary>Starts <c>hawser</c> with these arguments in a network namespace.</summary>
    public static ProgramProcess StartInNamespace(string name, params string[] arguments) =>
        StartForeign("ip", ["netns", "exec", name, .. Command, .. arguments]);

    /// <summary>Starts a shell script in which <c>"$@"</c> is the program with these arguments and <c>$FILE</c> a
    /// file.</summary>
    public static ProgramProcess StartInShell(string script, string file, params string[] arguments)
    {
        return StartAny("/bin/sh", [("FILE", file)], true, ["-c", script, "sh", .. Command, .. arguments]);
    }

    /// <summary>Starts it on a terminal of 120 columns, which merges its outputs. The first line is <c>pid</c> and its
    /// id. Skips the test without script(1).</summary>
    /// <param name="redirection">As in a shell, for example <c>&lt; /dev/zero</c>.</param>
    /// <param name="temporary">The folder for temporary files.</param>
    /// <param name="arguments">Without spaces.</param>
    public static ProgramProcess StartOnTerminal(string redirection, string temporary, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "a terminal needs script(1)");
        string script = $"stty cols 120 rows 60; echo pid $\\$; exec $* {redirection}";
        return StartInShell(
            $"TERM=xterm TMPDIR=\"$FILE\" exec script -qec \"{script}\" /dev/null", temporary, arguments);
    }

    /// <summary>Runs it to its end.</summary>
    public static Task<ProgramResult> RunAsync(params string[] arguments) => RunAsync([], arguments);

    /// <summary>Runs it to its end with this input.</summary>
    public static async Task<ProgramResult> RunAsync(byte[] input, params string[] arguments)
    {
        await using ProgramProcess program = Start(arguments);
        return await program.FinishAsync(input);
    }

    /// <summary>Gives it its input and waits for its end.</summary>
    public async Task<ProgramResult> FinishAsync(byte[] input)
    {
        try
        {
            await Input.WriteAsync(input).AsTask().WaitAsync(Limit);
            Input.Close();
        }
        catch (IOException)
        {
            // It ended without reading.
        }
        return await EndAsync();
    }

    /// <summary>Waits for its end.</summary>
    public async Task<ProgramResult> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Limit);
        await Errors.Ended.WaitAsync(Limit);
        if (Output is not null)
            await Output.Ended.WaitAsync(Limit);
        return new ProgramResult(_process.ExitCode, Output?.Bytes ?? [], Errors.Text);
    }

    /// <summary>Waits for the listening line on either output and parses the real port.</summary>
    public async Task<IPEndPoint> ListeningAsync(bool onErrors = false)
    {
        string line = await (onErrors ? Errors : Output).LineWithAsync("Listening on ");
        int port = int.Parse(line[(line.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        return new IPEndPoint(IPAddress.Loopback, port);
    }

    /// <summary>The id of a program on a terminal.</summary>
    public async Task<int> TerminalIdAsync()
    {
        string line = await Output.LineWithAsync("pid ");
        return int.Parse(line.Trim()["pid ".Length..], System.Globalization.CultureInfo.InvariantCulture);
    }

    public bool HasExited => _process.HasExited;

    public void Signal(int signal) => Signal(Id, signal);

    /// <summary>Signals it unless it has ended.</summary>
    /// <returns>False if it has ended.</returns>
    public bool TrySignal(int signal) => TrySignal(Id, signal);

    /// <summary>Signals a process that one of ours has started, unless it has ended.</summary>
    /// <returns>False if it has ended.</returns>
    public static bool TrySignal(int process, int signal) => kill(process, signal) == 0;

    /// <summary>Signals a process that one of ours has started.</summary>
    public static void Signal(int process, int signal)
    {
        if (kill(process, signal) != 0)
            throw new InvalidOperationException($"kill: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Reads so many bytes of an output that is not recorded.</summary>
    public async Task ReadOutputAsync(int bytes) =>
        await _process.StandardOutput.BaseStream.ReadExactlyAsync(new byte[bytes]).AsTask().WaitAsync(Limit);

    /// <summary>Its reader goes away: its next write fails with EPIPE.</summary>
    public void CloseOutput() => _process.StandardOutput.Close();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().WaitAsync(Limit);
        _process.Dispose();
    }

    private static ProgramProcess StartAny(
        string file, (string Name, string Value)[] environment, bool readOutput, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Otherwise hawser status would show the servers of every test, and of this machine.
        start.Environment["XDG_RUNTIME_DIR"] = Runtime.Value;
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return new ProgramProcess(Process.Start(start)!, readOutput);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
