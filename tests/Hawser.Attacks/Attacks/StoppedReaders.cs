
namespace Hawser.Attacks.Attacks;

/// <summary>100 connections with a small receive buffer that make the server send and never read.</summary>
internal sealed class StoppedReaders : Attack
{
    private const int Connections = 100;
    private const int ReceiveBuffer = 4096;

    public override string Name => "stopped-readers";

    public override IReadOnlyList<string> Services => ["ping", "numbers"];

    public override void Run(Target target)
    {
        byte[] pings = PipeliningReaders.Pings();
        Hold(
            target, Connections,
            sockets => Pump(target, sockets, _ => target.Service == "ping" ? pings : [], reads: false), ReceiveBuffer);
    }
}
