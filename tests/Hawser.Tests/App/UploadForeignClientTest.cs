using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using Hawser.Tests.Services.Upload;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary>Anybody's client works.</summary>
public sealed class UploadForeignClientTest : IDisposable
{
    private const string Python = """
        import socket, sys
        with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
            with open(sys.argv[2], "rb") as source:
                connection.sendfile(source)
            connection.shutdown(socket.SHUT_WR)
            receipt = b""
            while piece := connection.recv(4096):
                receipt += piece
        sys.stdout.write(receipt.decode("ascii"))
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Nc_uploads_and_prints_the_receipt() => await UploadAsync("nc", "exec nc -N 127.0.0.1 $1 < $2");

    [Fact]
    public async Task Ncat_uploads_and_prints_the_receipt() => await UploadAsync("ncat", "exec ncat 127.0.0.1 $1 < $2");

    [Fact]
    public async Task Socat_uploads_and_prints_the_receipt() =>
        await UploadAsync("socat", "exec socat -t 30 STDIO TCP:127.0.0.1:$1 < $2");

    [Fact]
    public async Task Ten_lines_of_python_upload_and_print_the_receipt()
    {
        _folder.Write("client.py", System.Text.Encoding.ASCII.GetBytes(Python));
        await UploadAsync("python3", $"exec python3 {_folder["client.py"]} $1 $2");
    }

    private async Task UploadAsync(string tool, string script)
    {
        Assert.SkipUnless(await RunAsync($"command -v {tool}") is { Length: > 0 }, $"{tool} is not installed");
        byte[] content = RandomNumberGenerator.GetBytes(2_000_003);
        string path = _folder.Write("source", content);
        await using UploadServer server = UploadServer.Start(_folder["stored"]);

        string port = $"{((System.Net.IPEndPoint)server.EndPoint).Port}";
        Assert.Equal(UploadServer.ReceiptOf(1, content), await RunAsync(script, port, path));

        Assert.Equal(content, server.Stored(1));
    }

    private static async Task<string> RunAsync(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", script, "sh", .. arguments])
        {
            RedirectStandardOutput = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            string output = await process.StandardOutput.ReadToEndAsync().Bounded();
            await process.WaitForExitAsync().Bounded();
            return output;
        }
        catch (Win32Exception)
        {
            return "";
        }
    }
}
