using System.Net.Sockets;
using Hawser.Attacks.Clients;

namespace Hawser.Attacks.Attacks;

/// <summary>4 members that tick as fast as the server takes it, where 10 ms are agreed.</summary>
internal sealed class ClockFastTicks : Attack
{
    private const int Members = 4;
    private const int TicksAtOnce = 100;

    public override string Name => "clock-fast-ticks";

    public override IReadOnlyList<string> Services => ["clock"];

    public override void Run(Target target) => Hold(target, Members, sockets =>
    {
        uint[] ticks = new uint[Members];
        foreach (Socket socket in sockets)
            Wire.TrySend(socket, ClockFrame.Hello());
        Pump(
            target, sockets,
            place => [.. Enumerable.Range(0, TicksAtOnce).SelectMany(_ => ClockFrame.Request(ticks[place]++))],
            reads: true);
    });

    public override Finding? Inspect(Target target) => new($"recording of {target.Victim.DiskBytes() / 1e6:0} MB");
}
