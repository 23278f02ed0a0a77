namespace Hawser.Attacks.Attacks;

/// <summary>20 messages at full speed, without an end, up to 100 MB each.</summary>
internal sealed class SpoolGrowth : Attack
{
    private const int Connections = 20;
    private const int PieceBytes = 100_000;
    private const int Pieces = 1000;

    public override string Name => "spool-growth";

    public override IReadOnlyList<string> Services => ["message"];

    public override void Run(Target target)
    {
        byte[] piece = new byte[PieceBytes];
        int[] sent = new int[Connections];
        Hold(target, Connections, sockets => Pump(
            target, sockets, place => sent[place]++ < Pieces ? piece : [], reads: false));
    }

    public override Finding? Inspect(Target target) => new($"{target.Victim.DiskBytes() / 1e6:0} MB on disk");
}
