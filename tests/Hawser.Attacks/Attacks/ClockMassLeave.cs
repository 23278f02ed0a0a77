using System.Net.Sockets;
using Hawser.Attacks.Clients;

namespace Hawser.Attacks.Attacks;

/// <summary>3,000 members that register and leave all at once, again and again.</summary>
internal sealed class ClockMassLeave : Attack
{
    private const int Members = 3_000;
    private static readonly TimeSpan ForAllToRegister = TimeSpan.FromMilliseconds(500);

    public override string Name => "clock-mass-leave";

    public override IReadOnlyList<string> Services => ["clock"];

    public override void Run(Target target)
    {
        byte[] hello = ClockFrame.Hello();
        while (target.GoesOn())
        {
            Hold(target, Members, sockets =>
            {
                foreach (Socket socket in sockets)
                    Wire.TrySend(socket, hello);
                target.GoesOn(ForAllToRegister);
                foreach (Socket socket in sockets)
                    Wire.Reset(socket);
            });
        }
    }
}
