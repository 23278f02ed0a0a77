using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hawser.Layers;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Samples;

/// <summary>The worker service of docs/embedding.md, as a program.</summary>
public sealed class WorkerTest
{
    [Fact]
    public async Task It_serves_logs_and_stops_with_the_conversation()
    {
        await using ProgramProcess worker = Start();
        (IPEndPoint tally, IPEndPoint health) = await ListeningAsync(worker);
        using (RawClient checker = await RawClient.ConnectAsync(health))
            Assert.Equal("Healthy\n"u8.ToArray(), await checker.ReceiveToEndAsync());
        using RawClient client = await RawClient.ConnectAsync(tally);
        await client.SendAsync("apples 3\napples 4\npea");

        Assert.Equal("apples 3", await client.ReceiveLineAsync());
        Assert.Equal("apples 7", await client.ReceiveLineAsync());
        worker.Signal(ProgramProcess.SIGTERM);
        await client.SendAsync("rs 1\n");
        Assert.Equal("pears 1", await client.ReceiveLineAsync());
        client.Dispose();

        ProgramResult result = await worker.EndAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Connection 1 added 4 to apples", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_configuration_turns_tls_on()
    {
        using var folder = new TemporaryFolder();
        (string certificate, string key) = WriteCertificate(folder);
        await using ProgramProcess worker = Start($"--Tls:Certificate={certificate}", $"--Tls:Key={key}");
        (IPEndPoint tally, _) = await ListeningAsync(worker);
        using X509Certificate2 trusted = X509CertificateLoader.LoadCertificateFromFile(certificate);
        await using Connection client = await Dialer.ConnectAsync(tally, new DialOptions
        {
            Layers =
            [
                TlsLayer.Client(new()
                {
                    TargetHost = "localhost",
                    RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetCertHashString() == trusted.Thumbprint,
                }),
            ],
        }).Bounded();

        await client.WriteAsync("apples 3\n"u8.ToArray());

        ReadOnlyMemory<byte>? answer = await client.TryReadLineAsync(80).AsTask().Bounded();
        Assert.Equal("apples 3", Encoding.ASCII.GetString(answer!.Value.Span));
    }

    internal static (string Certificate, string Key) WriteCertificate(TemporaryFolder folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate =
            request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (folder.Write("own.crt", Encoding.ASCII.GetBytes(certificate.ExportCertificatePem())),
            folder.Write("own.key", Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem())));
    }

    /// <summary>Starts it with its appsettings.json, at ports of the system's choice.</summary>
    private static ProgramProcess Start(params string[] arguments) => ProgramProcess.StartForeign(
        "dotnet",
        ["exec", Path.Combine(AppContext.BaseDirectory, "Worker.dll"),
         "--contentRoot", ProgramRepository.PathOf("samples", "Worker"),
         "--Hawser:tally:Listen=127.0.0.1:0", "--Hawser:health:Listen=127.0.0.1:0", .. arguments]);

    /// <summary>Parses both listening lines of the console logger.</summary>
    private static async Task<(IPEndPoint Tally, IPEndPoint Health)> ListeningAsync(ProgramProcess worker)
    {
        await Patience.UntilAsync(
            () => worker.Output.Lines.Count(line => line.Contains("Listening on", StringComparison.Ordinal)) == 2);
        string[] lines = worker.Output.Lines;
        return (Of("tally"), Of("health"));

        IPEndPoint Of(string name)
        {
            int at = Array.FindIndex(lines, line => line.Contains($"Hawser.{name}[1]", StringComparison.Ordinal));
            return IPEndPoint.Parse(lines[at + 1].Trim().Split(' ')[^1]);
        }
    }
}
