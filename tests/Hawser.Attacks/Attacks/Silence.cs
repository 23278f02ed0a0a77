namespace Hawser.Attacks.Attacks;

/// <summary>500 connections that never send a byte.</summary>
internal sealed class Silence : Attack
{
    private const int Connections = 500;

    public override string Name => "silence";

    public override IReadOnlyList<string> Services => ["ping", "message", "upload", "clock"];

    public override void Run(Target target) =>
        Hold(target, Connections, _ => target.GoesOn(Timeout.InfiniteTimeSpan));
}
