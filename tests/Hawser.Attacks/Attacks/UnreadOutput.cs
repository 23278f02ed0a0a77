namespace Hawser.Attacks.Attacks;

/// <summary>Nobody reads the server's standard output, and connections make it write there.</summary>
internal sealed class UnreadOutput : Attack
{
    public override string Name => "unread-stdout";

    public override IReadOnlyList<string> Services => ["ping", "message", "numbers", "clock"];

    // The bytes of a message have nowhere else to go.
    public override bool NeedsAnswers(string service) => service != "message";

    public override VictimStart Prepare(VictimStart start) => start with { OutputUnread = true };

    public override void Run(Target target) => new Churn().Run(target);
}
