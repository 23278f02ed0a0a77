using System.Net.Sockets;

namespace Hawser.Attacks.Attacks;

/// <summary>1,000 uploads of 30 kB, all under way before the first ends. Each must be stored whole.</summary>
internal sealed class ConcurrentUploads : Attack
{
    private const int Uploads = 1000;
    private static readonly byte[] Half = new byte[15_000];
    private static readonly TimeSpan ForTheReceipt = TimeSpan.FromSeconds(5);

    private volatile int _stored;
    private volatile int _refused;

    public override string Name => "concurrent-uploads";

    public override IReadOnlyList<string> Services => ["upload"];

    public override void Run(Target target) => Hold(target, Uploads, sockets =>
    {
        if (SendAll(target, sockets) && SendAll(target, sockets))
        {
            foreach (Socket socket in sockets)
                socket.Shutdown(SocketShutdown.Send);
            foreach (Socket socket in sockets)
                TakeReceipt(socket);
        }
        target.GoesOn(Timeout.InfiniteTimeSpan);
    });

    public override Finding? Inspect(Target target)
    {
        // Those of the polite client have 10 kB.
        int partial = target.Victim.Files().Count(
            file => file.Extension == ".file" && file.Length is not (10_000 or 30_000));
        return new($"{_stored} stored, {_refused} refused, {partial} partial files", _refused + partial > 0);
    }

    /// <returns>False if the phase ended before.</returns>
    private static bool SendAll(Target target, List<Socket> sockets)
    {
        foreach (Socket socket in sockets)
        {
            for (int sent = 0; sent < Half.Length;)
            {
                if (!target.GoesOn() || Wire.TrySend(socket, Half.AsSpan(sent)) is not { } taken)
                    return false;
                sent += taken;
                if (taken == 0)
                    socket.Poll(ForTheReceipt, SelectMode.SelectWrite);
            }
        }
        return true;
    }

    private void TakeReceipt(Socket socket)
    {
        Span<byte> receipt = stackalloc byte[256];
        bool isStored = socket.Poll(ForTheReceipt, SelectMode.SelectRead)
            && Wire.TryReceive(socket, receipt) is > 2
            && receipt.StartsWith("OK "u8);
        _ = isStored ? _stored++ : _refused++;
    }
}
