using System.Diagnostics;
using Hawser.Attacks.Programs;

namespace Hawser.Attacks.Attacks;

/// <summary>Clients of the program itself, two at a time, that are killed (SIGKILL) in the middle.</summary>
internal sealed class KilledClients : Attack
{
    private const int AtOnce = 2;
    private static readonly TimeSpan UntilTheKill = TimeSpan.FromMilliseconds(400);

    public override string Name => "killed-clients";

    public override IReadOnlyList<string> Services => ["ping", "message", "upload", "numbers", "clock"];

    public override void Run(Target target)
    {
        while (target.GoesOn())
        {
            Process[] clients = [.. Enumerable.Range(0, AtOnce).Select(_ => Start(target))];
            target.GoesOn(UntilTheKill);
            foreach (Process client in clients)
            {
                ChildProcess.End(client);
                client.Dispose();
            }
        }
    }

    public override Finding? Inspect(Target target)
    {
        if (target.Service != "upload")
            return null;
        int partial = target.Victim.Files().Count(file => file.Extension == ".file" && file.Length == Sent.Length);
        return new Finding($"{partial} partial files", IsHole: partial > 0);
    }

    private static readonly byte[] Sent = new byte[50_000];

    private static Process Start(Target target)
    {
        string folder = Path.Combine(target.Victim.Start.Folder, "killed");
        string[] arguments = target.Service switch
        {
            "ping" => ["ping", $"127.0.0.1:{target.Port}", "--num-clients", "4", "--duration", "1h"],
            "numbers" => ["numbers", "--port", $"{target.Port}", "--out", folder],
            "clock" => ["clock", "127.0.0.1", "--port", $"{target.Port}", "--clients", "3", "--out", folder],
            "upload" => ["upload", "127.0.0.1", $"{target.Port}", "-"],
            _ => ["message", "127.0.0.1", $"{target.Port}"],
        };
        Process client = ChildProcess.Start(new ProcessStartInfo(target.Victim.Start.Program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
        // Half a message or a file; the pipe stays open. A client that is gone already does not take it.
        try
        {
            client.StandardInput.BaseStream.Write(Sent);
            client.StandardInput.BaseStream.Flush();
        }
        catch (IOException)
        {
        }
        return client;
    }
}
