using System.Net.Sockets;

namespace Hawser.Attacks.Attacks;

/// <summary>At most 5,000 connections, one after the other, with 4 KiB of random bytes each: the same in each run.</summary>
internal abstract class JunkAttack : Attack
{
    private const int Connections = 5_000;
    private static readonly TimeSpan ForAnAnswer = TimeSpan.FromMilliseconds(10);

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
                foreach (byte[] bytes in Send(target.Service, i, junk))
                {
                    Wire.TrySend(socket, bytes);
                    if (socket.Poll(ForAnAnswer, SelectMode.SelectRead))
                        Wire.TryReceive(socket, answer);
                }
            }
        }
    }

    /// <summary>What a connection sends, with a look for an answer after each part.</summary>
    /// <param name="service">The service under attack.</param>
    /// <param name="number">The number of the connection, from 0.</param>
    /// <param name="junk">Random bytes, to be among it.</param>
    protected abstract IEnumerable<byte[]> Send(string service, int number, byte[] junk);
}
