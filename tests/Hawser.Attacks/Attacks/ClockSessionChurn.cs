using System.Diagnostics;
using System.Net.Sockets;
using Hawser.Attacks.Clients;
using Hawser.Attacks.Programs;

namespace Hawser.Attacks.Attacks;

/// <summary>At most 5,000 connections, one after the other, that register and are done at once, while three real
/// clients record for a second.</summary>
internal sealed class ClockSessionChurn : Attack
{
    private const int Connections = 5_000;
    private static readonly TimeSpan ForWelcome = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ForClients = TimeSpan.FromSeconds(6);

    private const int Recordings = 6;

    private readonly TaskCompletionSource<Finding> _outcome = new();

    public override string Name => "clock-session-churn";

    public override IReadOnlyList<string> Services => ["clock"];

    public override void Run(Target target)
    {
        byte[] farewell = [.. ClockFrame.Hello(), .. ClockFrame.Done()];
        Process clients = StartClients(target);
        Task<string> errors = clients.StandardError.ReadToEndAsync();
        Task<string> output = clients.StandardOutput.ReadToEndAsync();
        long begin = Stopwatch.GetTimestamp();
        // The attack lasts as long as the clients do, within its bound.
        for (int i = 0; i < Connections && !clients.HasExited && target.GoesOn(); i++)
        {
            if (Stopwatch.GetElapsedTime(begin) > ForClients)
                break;
            if (Wire.TryConnect(target.Port) is not { } socket)
                continue;
            Wire.TrySend(socket, farewell);
            socket.Poll(ForWelcome, SelectMode.SelectRead);
            Wire.Reset(socket);
        }
        _outcome.TrySetResult(clients.WaitForExit(ForWelcome) ? Outcome(clients.ExitCode, Delivered(target))
            : new Finding($"3 real clients did not end within {ForClients.TotalSeconds:0} s", IsHole: true));
        ChildProcess.End(clients);
        Task.WaitAll(errors, output);
        target.GoesOn(Timeout.InfiniteTimeSpan);
    }

    public override Finding? Inspect(Target target) =>
        _outcome.Task.Wait(2 * ForClients) ? _outcome.Task.Result : null;

    private static Finding Outcome(int exitCode, int delivered) => new(
        $"3 real clients: exit code {exitCode}, {delivered} of {Recordings} recordings",
        IsHole: exitCode == 0 && delivered < Recordings);

    private static int Delivered(Target target) => Directory.Exists(FolderOf(target))
        ? Directory.GetDirectories(FolderOf(target)).Sum(folder => Directory.GetFiles(folder, "*.txt").Length)
        : 0;

    private static string FolderOf(Target target) => Path.Combine(target.Victim.Start.Folder, "clients");

    private static Process StartClients(Target target) => ChildProcess.Start(new ProcessStartInfo(
        target.Victim.Start.Program,
        [
            "clock", "127.0.0.1", "--port", $"{target.Port}", "--clients", "3", "--duration", "1s",
            "--out", FolderOf(target),
        ])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    });
}
