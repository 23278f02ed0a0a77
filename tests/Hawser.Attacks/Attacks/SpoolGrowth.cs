namespace Hawser.Attacks.Attacks;

/// <summary>20 messages at full speed, without an end, up to 100 MB each, at a server with a spool of 50 MB.</summary>
internal sealed class SpoolGrowth : Attack
{
    private const int Connections = 20;
    private const int PieceBytes = 100_000;
    private const int Pieces = 1000;
    private const double SpoolMegabytes = 50;

    // A message that streams is in the output's hands.
    private const double Tolerance = 1.2;

    public override string Name => "spool-growth";

    public override IReadOnlyList<string> Services => ["message"];

    public override bool MayRefuse => true;

    public override VictimStart Prepare(VictimStart start) =>
        start with { Options = ["--spool-limit", $"{SpoolMegabytes:0}MB"] };

    public override void Run(Target target)
    {
        byte[] piece = new byte[PieceBytes];
        int[] sent = new int[Connections];
        Hold(target, Connections, sockets => Pump(
            target, sockets, place => sent[place]++ < Pieces ? piece : [], reads: false));
    }

    public override Finding? Inspect(Target target)
    {
        double megabytes = target.Victim.DiskBytes() / 1e6;
        return new($"{megabytes:0} MB on disk", megabytes > Tolerance * SpoolMegabytes);
    }
}
