using Hawser.Attacks.Clients;

namespace Hawser.Attacks.Attacks;

/// <summary>Random bytes after a good beginning, in a later state of the protocol.</summary>
internal sealed class LateJunk : JunkAttack
{
    public override string Name => "late-junk";

    protected override IEnumerable<byte[]> Send(string service, int number, byte[] junk)
    {
        byte[][] steps = Steps(service);
        return [.. steps[..(1 + (number % steps.Length))], junk];
    }

    /// <summary>What a client sends to get from state to state. A client of numbers only reads.</summary>
    private static byte[][] Steps(string service) => service switch
    {
        "clock" => [ClockFrame.Hello(), ClockFrame.Request(0), ClockFrame.Done()],
        "ping" => ["ping 1 1\n"u8.ToArray()],
        _ => [[]],
    };
}
