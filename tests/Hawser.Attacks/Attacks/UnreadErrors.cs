namespace Hawser.Attacks.Attacks;

/// <summary>Nobody reads the server's standard error, and resets make it write there.</summary>
internal sealed class UnreadErrors : Attack
{
    public override string Name => "unread-stderr";

    public override IReadOnlyList<string> Services => ["ping", "message", "upload", "numbers", "clock"];

    public override VictimStart Prepare(VictimStart start) => start with { ErrorsUnread = true };

    public override void Run(Target target) => new ResetFlood().Run(target);
}
