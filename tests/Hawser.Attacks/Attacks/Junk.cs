namespace Hawser.Attacks.Attacks;

/// <summary>Random bytes from the first one on. Every third connection looks valid at first.</summary>
internal sealed class Junk : JunkAttack
{
    public override string Name => "junk";

    protected override IEnumerable<byte[]> Send(string service, int number, byte[] junk)
    {
        if (number % 3 == 0)
            Request.Valid(service).AsSpan(0, 8).CopyTo(junk);
        return [junk];
    }
}
