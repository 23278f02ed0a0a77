namespace Hawser.Attacks.Attacks;

/// <summary>At most 5,000 connections, one after the other, with 4 KiB of random bytes each, always the same.</summary>
internal sealed class Junk : Attack
{
    private const int Connections = 5_000;
    private static readonly TimeSpan ForAnAnswer = TimeSpan.FromMilliseconds(10);

    public override string Name => "junk";

    public override IReadOnlyList<string> Services => ["ping", "numbers", "clock"];

    public override void Run(Target target)
    {
        var random = new Random(1);
        byte[] junk = new byte[4096];
        byte[] answer = new byte[4096];
        for (int i = 0; i < Connections && target.GoesOn(); i++)
        {
            random.NextBytes(junk);
            // Every third looks valid at first.
            if (i % 3 == 0)
                Request.Valid(target.Service).AsSpan(0, 8).CopyTo(junk);
            if (Wire.TryConnect(target.Port) is not { } socket)
                continue;
            using (socket)
            {
                Wire.TrySend(socket, junk);
                if (socket.Poll(ForAnAnswer, System.Net.Sockets.SelectMode.SelectRead))
                    Wire.TryReceive(socket, answer);
            }
        }
    }
}
