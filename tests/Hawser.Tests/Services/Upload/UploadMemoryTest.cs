using System.Net;
using System.Security.Cryptography;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Upload;

/// <summary>Many uploads at once in a process that may have little memory.</summary>
public sealed class UploadMemoryTest : IDisposable
{
    private const int Uploads = 350;

    // A buffer kept for each upload would take twice as much.
    private const string HeapLimit = "0x3000000"; // 48 MiB

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The pool has not so many threads.</summary>
    [Theory, Models(ModelKind.Concurrent, Except = "pool")]
    public async Task Uploads_that_wait_hold_no_buffers(string model)
    {
        byte[] content = RandomNumberGenerator.GetBytes(300_000);
        await using ProgramProcess server = ProgramProcess.Start(
            [("DOTNET_GCHeapHardLimit", HeapLimit)], readOutput: true,
            "serve", "upload", "0", _folder["stored"], "--host", "127.0.0.1", "--model", model,
            "--idle-timeout", "never");
        IPEndPoint endPoint = await server.ListeningAsync();
        RawPeer[] peers = await Task.WhenAll(Enumerable.Range(0, Uploads).Select(_ => RawPeer.ConnectAsync(endPoint)));
        try
        {
            await Task.WhenAll(peers.Select(peer => peer.SendAsync(content)));
            await Patience.UntilAsync(() => Directory.GetFiles(_folder["stored"], ".*.part")
                .Count(part => new FileInfo(part).Length == content.Length) == Uploads);
            foreach (RawPeer peer in peers)
                peer.FinishSending();
            string[] receipts = await Task.WhenAll(peers.Select(peer => peer.ReadToEndAsync()));

            Assert.All(receipts, receipt => Assert.StartsWith("OK ", receipt, StringComparison.Ordinal));
        }
        finally
        {
            foreach (RawPeer peer in peers)
                peer.Dispose();
        }
        server.Signal(ProgramProcess.SIGTERM);
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
    }
}
