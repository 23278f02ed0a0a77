using System.IO.Pipelines;
using System.Security.Cryptography;
using Hawser.Tests.Support;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Hawser.Tests.Kestrel;

/// <summary>A reader that is slower than the writer makes it wait, in both directions.</summary>
public sealed class KestrelBackPressureTest
{
    // The default of both transports.
    private const int ReadBufferBytes = 1024 * 1024;
    private const int TotalBytes = 64 * 1024 * 1024;

    /// <summary>The application looks at what the connection holds, and takes some of it whenever it holds as much as it
    /// may.</summary>
    [Theory, Transports]
    public async Task A_connection_holds_no_more_than_its_buffer_for_an_application_that_reads_slowly(string transport)
    {
        var read = new TaskCompletionSource<(long Total, long Most)>();
        await using KestrelHost host = await KestrelHost.StartAsync(
            transport,
            listen => listen.Run(async connection =>
            {
                PipeReader input = connection.Transport.Input;
                (long total, long most) = (0, 0);
                ReadResult held;
                do
                {
                    held = await input.ReadAsync();
                    long bytes = held.Buffer.Length;
                    long taken = bytes >= ReadBufferBytes || held.IsCompleted ? bytes - bytes / 4 : 0;
                    (total, most) = (total + taken, Math.Max(most, bytes));
                    input.AdvanceTo(held.Buffer.GetPosition(taken));
                    // The connection's thread may be this one.
                    await Task.Yield();
                }
                while (!held.IsCompleted || !held.Buffer.IsEmpty);
                read.SetResult((total, most));
            }),
            _ => { });
        using RawClient client = await host.ConnectAsync();

        await client.SendAsync(new byte[TotalBytes]);
        client.FinishSending();

        (long total, long most) = await read.Task.Bounded();
        Assert.Equal(TotalBytes, total);
        Assert.InRange(most, ReadBufferBytes, 2 * ReadBufferBytes);
    }

    [Theory, Transports]
    public async Task A_large_answer_waits_for_a_client_that_reads_slowly(string transport)
    {
        const int chunkBytes = 64 * 1024;
        const int chunks = TotalBytes / chunkBytes;
        long written = 0;
        await using KestrelHost host = await KestrelHost.StartAsync(transport, async context =>
        {
            byte[] chunk = new byte[chunkBytes];
            context.Response.ContentLength = TotalBytes;
            for (int n = 0; n < chunks; n++)
            {
                chunk.AsSpan().Fill((byte)n);
                await context.Response.Body.WriteAsync(chunk);
                Interlocked.Add(ref written, chunkBytes);
            }
        });
        using RawClient client = await host.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        while (await client.ReceiveLineAsync() is not "\r")
        {
        }
        // A chunk counts when its write returns, perhaps after it has arrived. The kernel holds some megabytes.
        for (int n = 0; n < chunks; n++)
        {
            Assert.InRange(Interlocked.Read(ref written) - ((long)n * chunkBytes), -chunkBytes, 16_000_000);
            byte[] chunk = await client.ReceiveExactlyAsync(chunkBytes);
            Assert.Equal(-1, chunk.AsSpan().IndexOfAnyExcept((byte)n));
            // Slower than the application writes.
            SHA256.HashData(chunk);
        }
        Assert.Empty(await client.ReceiveToEndAsync());
    }
}
