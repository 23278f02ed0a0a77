using System.Net.Sockets;

namespace Hawser.Attacks.Attacks;

/// <summary>At most 10,000 uploads of no byte at a server that stores 500 files.</summary>
internal sealed class EmptyUploads : Attack
{
    private const int Uploads = 10_000;
    private const int MostFiles = 500;
    private static readonly TimeSpan ForTheReceipt = TimeSpan.FromSeconds(1);

    public override string Name => "empty-uploads";

    public override IReadOnlyList<string> Services => ["upload"];

    public override bool MayRefuse => true;

    public override VictimStart Prepare(VictimStart start) => start with { Options = ["--max-files", $"{MostFiles}"] };

    public override void Run(Target target)
    {
        for (int i = 0; i < Uploads && target.GoesOn(); i++)
        {
            if (Wire.TryConnect(target.Port) is not { } socket)
                continue;
            using (socket)
            {
                socket.Shutdown(SocketShutdown.Send);
                socket.Poll(ForTheReceipt, SelectMode.SelectRead);
            }
        }
    }

    public override Finding? Inspect(Target target)
    {
        int files = target.Victim.Files().Length;
        return new($"{files} files", files > MostFiles);
    }
}
