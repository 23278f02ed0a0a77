using System.Net.Sockets;
using Hawser.Attacks.Clients;

namespace Hawser.Attacks.Attacks;

/// <summary>4 members that tick as fast as the server takes it, where 10 ms are agreed.</summary>
internal sealed class ClockFastTicks : Attack
{
    private const int Members = 4;
    private const int TicksAtOnce = 100;

    // At the agreed pace, 4 members write 64 kB a second.
    private const double MostMegabytes = 2;

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

    public override Finding? Inspect(Target target)
    {
        double megabytes = target.Victim.DiskBytes() / 1e6;
        return new(FormattableString.Invariant($"recording of {megabytes:0.0} MB"), megabytes > MostMegabytes);
    }
}
