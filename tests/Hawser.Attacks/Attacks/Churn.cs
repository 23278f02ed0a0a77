namespace Hawser.Attacks.Attacks;

/// <summary>At most 20,000 connections, one after the other, that close at once; each keeps a local port for a
/// minute.</summary>
internal sealed class Churn : Attack
{
    private const int Connections = 20_000;

    public override string Name => "churn";

    public override IReadOnlyList<string> Services => ["ping", "message", "upload", "numbers", "clock"];

    public override void Run(Target target)
    {
        for (int i = 0; i < Connections && target.GoesOn(); i++)
            Wire.TryConnect(target.Port)?.Dispose();
    }
}
