using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Cluster;

/// <summary>An object store of the tests' own: OpenStack Swift with its S3 API. Skips the test where Debian's packages are
/// missing.</summary>
internal sealed class SwiftServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly ProgramProcess _server;

    private SwiftServer(TemporaryFolder folder, ProgramProcess server, string[] ready)
    {
        _folder = folder;
        _server = server;
        EndPoint = ready[1];
        Bucket = ready[4];
        Credentials = [("AWS_ACCESS_KEY_ID", ready[2]), ("AWS_SECRET_ACCESS_KEY", ready[3])];
    }

    public string EndPoint { get; }

    public string Bucket { get; }

    /// <summary>For the environment of its clients.</summary>
    public (string Name, string Value)[] Credentials { get; }

    public static async Task<SwiftServer> StartAsync()
    {
        Assert.SkipUnless(Directory.Exists("/usr/lib/python3/dist-packages/swift"), "needs Debian's python3-swift");
        var folder = new TemporaryFolder();
        ProgramProcess server = ProgramProcess.StartForeign(
            ProgramRepository.PathOf("tests", "Hawser.Tests", "Cluster", "swift-s3"),
            "--port", "0", "--folder", folder.Root, "--bucket", "uploads");
        string line = await server.Output.LineWithAsync("ready ");
        return new SwiftServer(folder, server, line.Split(' '));
    }

    public async ValueTask DisposeAsync()
    {
        _server.Input.Close();
        await _server.EndAsync();
        await _server.DisposeAsync();
        _folder.Dispose();
    }
}
