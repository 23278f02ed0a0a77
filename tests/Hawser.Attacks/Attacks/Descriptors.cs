namespace Hawser.Attacks.Attacks;

/// <summary>A server with 256 descriptors, and 300 connections that send 300 kB and pause.</summary>
internal sealed class Descriptors : Attack
{
    private const int Connections = 300;

    public override string Name => "descriptors";

    public override IReadOnlyList<string> Services => ["ping", "message", "upload", "numbers", "clock"];

    public override bool MayRefuse => true;

    public override VictimStart Prepare(VictimStart start) => start with { Descriptors = 256 };

    public override void Run(Target target) => Hold(target, Connections, sockets =>
    {
        bool takesData = target.Service is "message" or "upload";
        byte[] bytes = takesData ? new byte[300_000] : Request.Valid(target.Service)[..8];
        bool[] isSent = new bool[sockets.Count];
        Pump(target, sockets, Next, reads: false);

        byte[] Next(int place)
        {
            byte[] next = isSent[place] ? [] : bytes;
            isSent[place] = true;
            return next;
        }
    });
}
