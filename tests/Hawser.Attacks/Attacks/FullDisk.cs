using System.Net.Sockets;

namespace Hawser.Attacks.Attacks;

/// <summary>A disk of 32 MB that 100 connections fill; then it is emptied.</summary>
internal sealed class FullDisk : Attack
{
    private const int Connections = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public override string Name => "full-disk";

    public override IReadOnlyList<string> Services => ["upload", "message", "clock"];

    public override bool MayRefuse => true;

    public override string? Missing =>
        Environment.IsPrivilegedProcess ? null : "needs root, to mount a small file system for the server";

    public override VictimStart Prepare(VictimStart start) => start with { DiskMegabytes = 32 };

    public override void Run(Target target)
    {
        if (target.Service == "clock")
        {
            new ClockFastTicks().Run(target);
            return;
        }
        byte[] bytes = new byte[500_000];
        while (target.GoesOn(Pause))
        {
            Hold(target, Connections, sockets =>
            {
                foreach (Socket socket in sockets)
                    Wire.TrySend(socket, bytes);
                target.GoesOn(Pause);
            });
        }
    }

    public override void CleanUp(Target target)
    {
        foreach (FileInfo file in target.Victim.Files())
        {
            if (file.Extension == ".file")
                file.Delete();
        }
    }
}
