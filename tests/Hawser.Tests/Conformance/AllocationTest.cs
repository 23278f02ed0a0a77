using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Allocations of a steady-state round trip on the connection's thread. Not promised for select, whose lists
/// .NET allocates for each call, nor for async.</summary>
public sealed class AllocationTest
{
    private const int WarmUp = 2_000;
    private const int Measured = 2_000;

    [Theory, Models(ModelKind.KeepsThread, Except = "select")]
    public async Task A_round_trip_allocates_nothing(string model)
    {
        Assert.SkipWhen(TestVariant.IsPortable, "Socket.Select, by which other systems wait, allocates");
        Assert.SkipWhen(TestVariant.IsLayered, "the layer that holds bytes back copies them");
        Assert.SkipWhen(TestVariant.IsTls, "SslStream allocates for each record");
        long allocated = -1;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            byte[] answer = new byte[64];
            long before = 0;
            for (int i = 0; i < WarmUp + Measured; i++)
            {
                if (i == WarmUp)
                    before = GC.GetAllocatedBytesForCurrentThread();
                await connection.WaitForInputAsync();
                ReadOnlyMemory<byte>? line = await connection.TryReadLineAsync(64);
                line!.Value.CopyTo(answer);
                answer[line.Value.Length] = (byte)'\n';
                await connection.WriteAsync(answer.AsMemory(0, line.Value.Length + 1));
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        using RawClient client = await server.ConnectAsync();

        byte[] ping = "ping\n"u8.ToArray();
        for (int i = 0; i < WarmUp + Measured; i++)
        {
            await client.SendAsync(ping);
            await client.ReceiveExactlyAsync(ping.Length);
        }
        client.FinishSending();
        await server.Observer.NextEndAsync();

        // Less than a byte a round trip: what is left is the runtime's own (a pool's first buffer, a tier of the jit).
        Assert.InRange(allocated, 0, Measured - 1);
    }
}
