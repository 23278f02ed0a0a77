using System.Text;

namespace Hawser.Attacks.Attacks;

/// <summary>20 connections that always have pings under way and read every pong.</summary>
internal sealed class PipeliningReaders : Attack
{
    private const int Connections = 20;

    public override string Name => "pipelining-readers";

    public override IReadOnlyList<string> Services => ["ping"];

    /// <summary>32 KiB of pings.</summary>
    public static byte[] Pings() =>
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("ping 1 234567890\n", 1928)));

    public override void Run(Target target)
    {
        byte[] pings = Pings();
        Hold(target, Connections, sockets => Pump(target, sockets, _ => pings, reads: true));
    }
}
