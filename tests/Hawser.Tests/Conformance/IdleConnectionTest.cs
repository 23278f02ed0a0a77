using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Hawser.Tests.Support;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>What the engine asks of the kernel for a connection, and what an idle one costs.</summary>
public sealed partial class IdleConnectionTest
{
    private static readonly byte[] Mark = "."u8.ToArray();

    public static TheoryData<string, string> WaitsUnderModels()
    {
        var data = new TheoryData<string, string>();
        foreach (Models.ConcurrencyModel model in Models.ConcurrencyModels.All.Where(m => m.IsAvailable))
        {
            foreach (string wait in (string[])["read", "line", "wait", "wait for 8", "wait with a deadline", "file"])
                data.Add(model.Name, wait);
        }
        return data;
    }

    [Theory, MemberData(nameof(WaitsUnderModels))]
    public async Task An_idle_connection_holds_no_receive_buffer(string model, string wait)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            byte[] block = new byte[100_000];
            while (await connection.TryReadExactlyAsync(block.AsMemory(0, 10)))
            {
                // Some by way of the buffer, however large it has become.
                for (int rest = block.Length - 10; rest > 0;)
                    rest -= (await connection.ReadAsync()).Length;
                await connection.WriteAsync(Mark);
                await WaitAsync(connection, wait);
            }
        });
        using RawClient client = await server.ConnectAsync();

        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync(new byte[100_000]);
            await client.ReceiveExactlyAsync(1);
            Connection connection = server.Observer.AcceptedOnes.Single();
            await Patience.UntilAsync(() => connection.IsReceiving && HeldBytes(connection) == 0);
            if (wait is "line")
                await client.SendAsync("\n");
            else
                await client.SendAsync("12345678");
            await client.ReceiveExactlyAsync(1);
        }
    }

    [Theory, Models]
    public async Task Small_writes_are_sent_without_delay(string model)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "looks for the socket in /proc");
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);

        Assert.True(IsNoDelaySet((IPEndPoint)server.EndPoint, (IPEndPoint)client.LocalEndPoint));
    }

    [Fact]
    public async Task A_clients_small_writes_are_sent_without_delay()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "looks for the socket in /proc");
        await using TestServer server = TestServer.Start("async", Handlers.EchoAsync);
        await using ClientLoop loop = ClientLoop.Start("clients");
        using Connection blocking = Dialer.Connect(server.EndPoint, Patience.Limit);
        using Connection completing = await Dialer.ConnectAsync(server.EndPoint, Patience.Limit);
        Connection looping = await loop.ConnectAsync(server.EndPoint, Patience.Limit);

        foreach (Connection connection in (Connection[])[blocking, completing, looping])
            Assert.True(IsNoDelaySet((IPEndPoint)connection.LocalEndPoint!, (IPEndPoint)server.EndPoint));
        await loop.RunAsync(async () => await looping.DisposeAsync());
    }

    private static async Task WaitAsync(Connection connection, string wait)
    {
        switch (wait)
        {
            case "read":
                for (int read = 0; read < 8;)
                    read += (await connection.ReadAsync()).Length;
                break;
            case "line":
                await connection.TryReadLineAsync(1024);
                break;
            case "file":
                using (SafeFileHandle file = CreateFile())
                {
                    for (int received = 0; received < 8;)
                        received += await connection.ReceivePieceToFileAsync(file, received, _ => { });
                }
                break;
            case "wait":
                await connection.WaitForInputAsync();
                await connection.TryReadExactlyAsync(new byte[8]);
                break;
            case "wait for 8":
                await connection.WaitForInputAsync(8);
                await connection.TryReadExactlyAsync(new byte[8]);
                break;
            default:
                await connection.WaitForInputAsync(Deadline.After(Patience.Limit));
                await connection.TryReadExactlyAsync(new byte[8]);
                break;
        }
        await connection.WriteAsync(Mark);
    }

    private static SafeFileHandle CreateFile() => File.OpenHandle(
        Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite,
        FileShare.Delete, FileOptions.DeleteOnClose);

    /// <summary>The memory of the buffer, however little it contains.</summary>
    private static int HeldBytes(Connection connection) =>
        MemoryMarshal.TryGetArray(connection.Buffered, out ArraySegment<byte> held) ? held.Array!.Length : 0;

    /// <summary>Asks the kernel, of the socket of this process that has these two ends.</summary>
    private static bool IsNoDelaySet(IPEndPoint local, IPEndPoint remote)
    {
        const int Tcp = 6;
        const int NoDelay = 1;
        string name = $"socket:[{InodeOf(local, remote)}]";
        string link = Directory.EnumerateFiles("/proc/self/fd").First(path => new FileInfo(path).LinkTarget == name);
        int descriptor = int.Parse(Path.GetFileName(link), CultureInfo.InvariantCulture);
        int value = -1;
        int size = sizeof(int);
        Assert.Equal(0, GetSocketOption(descriptor, Tcp, NoDelay, ref value, ref size));
        return value != 0;
    }

    /// <summary>proc_net_tcp: address:port of both ends in hexadecimal, and the inode in the tenth column.</summary>
    private static string InodeOf(IPEndPoint local, IPEndPoint remote) =>
        File.ReadLines("/proc/self/net/tcp")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .First(columns => columns[1].EndsWith($":{local.Port:X4}", StringComparison.Ordinal)
                && columns[2].EndsWith($":{remote.Port:X4}", StringComparison.Ordinal))[9];

    [LibraryImport("libc", EntryPoint = "getsockopt")]
    private static partial int GetSocketOption(int descriptor, int level, int name, ref int value, ref int size);
}
