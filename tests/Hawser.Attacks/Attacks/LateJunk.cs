using System.Net.Sockets;
using Hawser.Attacks.Clients;

namespace Hawser.Attacks.Attacks;

/// <summary>At most 5,000 connections, one after the other, that begin well and send 4 KiB of random bytes in a later
/// state of the protocol: the same bytes in each run.</summary>
internal sealed class LateJunk : Attack
{
    private const int Connections = 5_000;
    private static readonly TimeSpan ForAnAnswer = TimeSpan.FromMilliseconds(10);

    public override string Name => "late-junk";

    public override IReadOnlyList<string> Services => ["ping", "numbers", "clock"];

    public override void Run(Target target)
    {
        var random = new Random(1);
        byte[] junk = new byte[4096];
        byte[] answer = new byte[4096];
        for (int i = 0; i < Connections && target.GoesOn(); i++)
        {
            random.NextBytes(junk);
            if (Wire.TryConnect(target.Port) is not { } socket)
                continue;
            using (socket)
            {
                byte[][] steps = Steps(target.Service);
                foreach (byte[] step in steps[..(1 + (i % steps.Length))])
                {
                    Wire.TrySend(socket, step);
                    Await(socket, answer);
                }
                Wire.TrySend(socket, junk);
                Await(socket, answer);
            }
        }
    }

    /// <summary>What a client sends to get from state to state. A client of numbers only reads.</summary>
    private static byte[][] Steps(string service) => service switch
    {
        "clock" => [ClockFrame.Hello(), ClockFrame.Request(0), ClockFrame.Done()],
        "ping" => ["ping 1 1\n"u8.ToArray()],
        _ => [[]],
    };

    private static void Await(Socket socket, byte[] answer)
    {
        if (socket.Poll(ForAnAnswer, SelectMode.SelectRead))
            Wire.TryReceive(socket, answer);
    }
}
