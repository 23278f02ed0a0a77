using Hawser.Tests.Support;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A piece of a stream that a handler refuses on its way into a file.</summary>
public sealed class RefusedPieceTest
{
    private const int Bytes = 12_000_000;

    [Theory, Models]
    public async Task Refused_bytes_do_not_end_up_in_the_next_file(string model)
    {
        using var folder = new TemporaryFolder();
        string path = folder["next"];
        long refusedUpTo = 0;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
            // After some megabytes the kernel moves the rest by itself, where calls block.
            while (connection.BytesReceived < Bytes / 2)
                await connection.ReadAsync();
            await Assert.ThrowsAsync<ProtocolException>(async () => await connection.ReceivePieceToFileAsync(
                file, 0, _ => throw new ProtocolException("refused")));
            refusedUpTo = connection.BytesReceived;
            long written = 0;
            int piece;
            while ((piece = await connection.ReceivePieceToFileAsync(file, written, _ => { })) > 0)
                written += piece;
        });
        byte[] sent = new byte[Bytes];
        new Random(1).NextBytes(sent);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync(sent);
        client.FinishSending();

        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        byte[] stored = await File.ReadAllBytesAsync(path);
        Assert.InRange(refusedUpTo, Bytes / 2, Bytes);
        Assert.Equal(Bytes - refusedUpTo, stored.Length);
        Assert.True(sent.AsSpan((int)refusedUpTo).SequenceEqual(stored));
    }
}
