using System.Net.Sockets;
using Hawser.Attacks.Clients;

namespace Hawser.Attacks.Attacks;

/// <summary>4 members of a session of their own that send pages of results without a result, without end.</summary>
internal sealed class ClockEmptyResults : Attack
{
    private const int Members = 4;
    private const int PagesAtOnce = 1000;
    private const int PeerPort = 40_001;
    private static readonly TimeSpan ForAnAnswer = TimeSpan.FromMilliseconds(50);

    public override string Name => "clock-empty-results";

    public override IReadOnlyList<string> Services => ["clock"];

    public override void Run(Target target)
    {
        // The first to be done closes the polite client's session for those who come later.
        Hold(target, bound: 1, closing =>
        {
            Say(target, closing, ClockFrame.Hello());
            Say(target, closing, ClockFrame.Done());
            Hold(target, Members, sockets =>
            {
                byte[] page = ClockFrame.EmptyResults(Members - 1);
                byte[] pages = [.. Enumerable.Repeat(page, PagesAtOnce).SelectMany(bytes => bytes)];
                Say(target, sockets, ClockFrame.Hello(PeerPort));
                Say(target, sockets, ClockFrame.Done());
                Pump(target, sockets, _ => pages, reads: true);
            });
        });
    }

    private static void Say(Target target, List<Socket> sockets, byte[] frame)
    {
        foreach (Socket socket in sockets)
            Wire.TrySend(socket, frame);
        target.GoesOn(ForAnAnswer);
    }
}
