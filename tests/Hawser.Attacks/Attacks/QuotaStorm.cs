using System.Net.Sockets;

namespace Hawser.Attacks.Attacks;

/// <summary>A folder of 20,000 files whose quota is used up, and 8 threads of uploads.</summary>
internal sealed class QuotaStorm : Attack
{
    private const int Threads = 8;
    private const int Files = 20_000;
    private const int UploadsOfEach = 1000;
    private static readonly TimeSpan ForTheReceipt = TimeSpan.FromSeconds(1);

    public override string Name => "quota-storm";

    public override IReadOnlyList<string> Services => ["upload"];

    public override bool MayRefuse => true;

    public override VictimStart Prepare(VictimStart start)
    {
        for (int i = 1; i <= Files; i++)
            File.WriteAllBytes(Path.Combine(start.Folder, $"{i}.file"), [0]);
        return start with { Options = ["--quota", $"{Files}"] };
    }

    public override void Run(Target target)
    {
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() => Upload(target)))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
    }

    private static void Upload(Target target)
    {
        byte[] bytes = new byte[1000];
        for (int i = 0; i < UploadsOfEach && target.GoesOn(); i++)
        {
            if (Wire.TryConnect(target.Port) is not { } socket)
                continue;
            using (socket)
            {
                Wire.TrySend(socket, bytes);
                socket.Poll(ForTheReceipt, SelectMode.SelectRead);
            }
        }
    }
}
