using Hawser.Tests.Support;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A file that cannot be sent is a fault of ours: the peer is not blamed, and the connection lives.</summary>
public sealed partial class FileErrorTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, Models]
    public Task A_write_only_file_is_a_fault(string model) => AssertIsOursAsync<IOException>(model,
        () => File.OpenHandle(_folder.Write("content", new byte[10_000]), FileMode.Open, FileAccess.Write));

    [Theory, Models]
    public Task A_directory_is_a_fault(string model)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a folder can be opened on Linux");
        return AssertIsOursAsync<IOException>(model, () => OpenFolder(_folder.Root));
    }

    [Theory, Models]
    public Task A_closed_file_is_a_fault(string model) => AssertIsOursAsync<ObjectDisposedException>(model, () =>
    {
        SafeFileHandle file = File.OpenHandle(_folder.Write("content", new byte[10_000]));
        file.Dispose();
        return file;
    });

    [Theory, Models]
    public Task A_negative_offset_is_a_fault(string model) => AssertIsOursAsync<Exception>(model,
        () => File.OpenHandle(_folder.Write("content", new byte[10_000])), offset: -1);

    private static async Task AssertIsOursAsync<TError>(string model, Func<SafeFileHandle> open, long offset = 0)
        where TError : Exception
    {
        Exception? error = null;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await connection.ReadAsync();
            using (SafeFileHandle file = open())
                error = await Record.ExceptionAsync(async () => await connection.SendFileAsync(file, offset, 10_000));
            await connection.WriteAsync("sorry"u8.ToArray());
            await Handlers.EchoAsync(connection);
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("x");
        Assert.Equal("sorry"u8.ToArray(), await client.ReceiveExactlyAsync(5));
        Assert.IsAssignableFrom<TError>(error);
        Assert.IsNotType<ConnectionClosedException>(error);
        await client.SendAsync("y");
        await client.ReceiveExactlyAsync(1);
        client.FinishSending();

        Assert.Empty(await client.ReceiveToEndAsync());
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
    }

    private static SafeFileHandle OpenFolder(string path)
    {
        const int ReadOnly = 0;
        int descriptor = Open(path, ReadOnly);
        Assert.True(descriptor >= 0);
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    [System.Runtime.InteropServices.LibraryImport("libc", EntryPoint = "open",
        StringMarshalling = System.Runtime.InteropServices.StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
