using System.Net.Sockets;

namespace Hawser.Attacks.Attacks;

/// <summary>At most 20 messages of 200 kB, a new one every 50 ms, whose senders stall before the end. One that begins
/// alone holds the output.</summary>
internal sealed class StalledMessage : Attack
{
    private const int Connections = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public override string Name => "stalled-message";

    public override IReadOnlyList<string> Services => ["message"];

    public override void Run(Target target)
    {
        byte[] bytes = new byte[200_000];
        var sockets = new List<Socket>();
        for (int i = 0; i < Connections && target.GoesOn(Pause); i++)
        {
            if (Wire.TryConnect(target.Port) is not { } socket)
                continue;
            sockets.Add(socket);
            Wire.TrySend(socket, bytes);
        }
        target.GoesOn(Timeout.InfiniteTimeSpan);
        foreach (Socket socket in sockets)
            socket.Dispose();
    }
}
