namespace Hawser.Attacks.Attacks;

/// <summary>At most 20,000 connections, one after the other, that send half a request and reset.</summary>
internal sealed class ResetFlood : Attack
{
    private const int Connections = 20_000;

    public override string Name => "reset-flood";

    public override IReadOnlyList<string> Services => ["ping", "message", "upload", "numbers", "clock"];

    public override void Run(Target target)
    {
        byte[] request = Request.Valid(target.Service);
        for (int i = 0; i < Connections && target.GoesOn(); i++)
        {
            if (Wire.TryConnect(target.Port) is not { } socket)
                continue;
            Wire.TrySend(socket, request.AsSpan(0, request.Length / 2));
            Wire.Reset(socket);
        }
    }
}
