using System.Collections.Concurrent;
using System.Diagnostics;
using Hawser.Attacks.Programs;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Attacks;

/// <summary>The attacked server, a process of its own. Disposing kills it.</summary>
internal sealed class Victim : IDisposable
{
    private const int MostLines = 100_000;
    private const string ListeningLine = "Listening on ";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StopLimit = VictimStart.DrainTimeout + TimeSpan.FromSeconds(8);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly TaskCompletionSource<string> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Victim(Process process, VictimStart start)
    {
        _process = process;
        Start = start;
    }

    public VictimStart Start { get; }

    public int Port { get; private set; }

    public int ProcessId => _process.Id;

    public bool IsAlive => !_process.HasExited;

    /// <summary>What it has said on its standard error, up to a bound.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Its folder as it sees it, also where it has a mount of its own.</summary>
    public string Folder => $"/proc/{ProcessId}/root{Start.Folder}";

    /// <exception cref="AttackException">It does not listen.</exception>
    public static async Task<Victim> StartAsync(VictimStart start)
    {
        string[] command = start.Command();
        var info = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment["TMPDIR"] = start.Folder;
        var victim = new Victim(ChildProcess.Start(info), start);
        try
        {
            _ = victim.ReadAsync(
                victim._process.StandardOutput.BaseStream, start.OutputUnread, start.Service == "message", lines: null);
            _ = victim.ReadAsync(
                victim._process.StandardError.BaseStream, start.ErrorsUnread, isData: false, victim._errors);
            string line = await victim._listening.Task.WaitAsync(StartLimit);
            victim.Port = int.Parse(line[(line.LastIndexOf(':') + 1)..]);
            return victim;
        }
        catch (TimeoutException)
        {
            victim.Dispose();
            throw new AttackException($"the server did not listen: {string.Join(" ", victim._errors)}");
        }
    }

    /// <summary>Resident memory, in megabytes.</summary>
    public double Megabytes()
    {
        try
        {
            return ProcessSample.Of(ProcessId).ResidentBytes / 1e6;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // It has fallen.
            return 0;
        }
    }

    /// <summary>Its open descriptors.</summary>
    public int Descriptors()
    {
        try
        {
            return Directory.GetFileSystemEntries($"/proc/{ProcessId}/fd").Length;
        }
        catch (IOException)
        {
            // It has fallen.
            return 0;
        }
    }

    /// <summary>Bytes of its files in <see cref="Folder"/>, those that are open without a name included.</summary>
    public long DiskBytes()
    {
        long bytes = 0;
        foreach (string link in Directory.EnumerateFiles($"/proc/{ProcessId}/fd"))
        {
            if (File.ResolveLinkTarget(link, false)?.FullName is { } target
                && target.StartsWith(Start.Folder, StringComparison.Ordinal)
                && target.EndsWith("(deleted)", StringComparison.Ordinal))
            {
                using SafeFileHandle file = File.OpenHandle(link);
                bytes += RandomAccess.GetLength(file);
            }
        }
        return bytes + Files().Sum(file => file.Length);
    }

    /// <summary>The files in <see cref="Folder"/>.</summary>
    public FileInfo[] Files() =>
        new DirectoryInfo(Folder).GetFiles("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None });

    /// <summary>Sends SIGTERM and waits for the end.</summary>
    public async Task<StopResult> StopAsync()
    {
        long begin = Stopwatch.GetTimestamp();
        ChildProcess.Terminate(_process);
        using var limit = new CancellationTokenSource(StopLimit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            return new StopResult(Stopwatch.GetElapsedTime(begin), _process.ExitCode);
        }
        catch (OperationCanceledException)
        {
            return new StopResult(Stopwatch.GetElapsedTime(begin), null);
        }
    }

    /// <summary>Waits a moment, so that a dying process is seen dead.</summary>
    public int? ExitCodeSoon() => _process.WaitForExit(TimeSpan.FromMilliseconds(200)) ? _process.ExitCode : null;

    public void Dispose()
    {
        ChildProcess.End(_process);
        _process.Dispose();
    }

    private async Task ReadAsync(Stream stream, bool isUnread, bool isData, ConcurrentQueue<string>? lines)
    {
        if (isData)
        {
            if (!isUnread)
                await stream.CopyToAsync(Stream.Null);
            return;
        }
        var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (lines?.Count < MostLines)
                lines.Enqueue(line);
            if (line.Contains(ListeningLine, StringComparison.Ordinal))
                _listening.TrySetResult(line);
            if (isUnread && _listening.Task.IsCompleted)
                return;
        }
    }
}
