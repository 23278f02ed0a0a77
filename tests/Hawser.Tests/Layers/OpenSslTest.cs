using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Hawser.Layers;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Layers;

/// <summary>OpenSSL's own client and server as the peer.</summary>
public sealed class OpenSslTest
{
    private const string OpenSsl = "/usr/bin/openssl";

    [Theory, Models]
    public async Task The_openssl_client_gets_an_answer_over_TLS_1_2_and_1_3(string model)
    {
        RequireOpenSsl();
        await using TestServer server = Start(model, async connection =>
        {
            ReadOnlyMemory<byte>? line = await connection.TryReadLineAsync(100);
            await connection.WriteAsync((byte[])[.. "you said "u8, .. line!.Value.Span, (byte)'\n']);
        });
        foreach (string version in (string[])["-tls1_2", "-tls1_3"])
        {
            await using ProgramProcess client = ProgramProcess.StartForeign(
                OpenSsl, "s_client", "-quiet", version, "-connect", $"{server.EndPoint}");
            ProgramResult result = await client.FinishAsync("hello\n"u8.ToArray());

            Assert.Equal("you said hello\n", result.Text);
        }
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task The_openssl_clients_close_is_an_orderly_end_of_stream(string model)
    {
        RequireOpenSsl();
        byte[] received = [];
        await using TestServer server = Start(model, async connection =>
        {
            using var all = new MemoryStream();
            while (await connection.ReadAsync() is { IsEmpty: false } bytes)
                all.Write(bytes.Span);
            received = all.ToArray();
        });
        await using ProgramProcess client = ProgramProcess.StartForeign(
            OpenSsl, "s_client", "-connect", $"{server.EndPoint}");
        await client.FinishAsync("all of it\n"u8.ToArray());

        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        Assert.Equal("all of it\n"u8.ToArray(), received);
    }

    [Theory, Models]
    public async Task A_renegotiation_is_refused(string model)
    {
        RequireOpenSsl();
        await using TestServer server = Start(model, Handlers.EchoLinesAsync);
        await using ProgramProcess client = ProgramProcess.StartForeign(
            OpenSsl, "s_client", "-tls1_2", "-connect", $"{server.EndPoint}");
        await client.Output.LineWithAsync("Verify return code");
        await client.Input.WriteAsync("R\n"u8.ToArray());
        await client.Input.FlushAsync();

        Assert.Equal(CloseReason.ProtocolError, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.Faults);
        using TlsPeer polite = await TlsPeer.ConnectAsync(server.EndPoint);
        await polite.SendAsync("x\n"u8.ToArray());
        await polite.Stream.ReadExactlyAsync(new byte[2]).AsTask().Bounded();
    }

    [Fact]
    public async Task Its_server_answers_our_client()
    {
        RequireOpenSsl();
        using var folder = new TemporaryFolder();
        Assert.Equal(0, (await ProgramProcess.RunAsync("cert", "--out", folder["server"])).ExitCode);
        await using ProgramProcess server = ProgramProcess.StartForeign(
            OpenSsl, "s_server", "-rev", "-accept", "127.0.0.1:0", "-cert", folder["server.crt"], "-key",
            folder["server.key"]);
        string line = await server.Output.LineWithAsync("ACCEPT 127.0.0.1:");
        int port = int.Parse(line[(line.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);
        using X509Certificate2 expected = X509CertificateLoader.LoadCertificateFromFile(folder["server.crt"]);
        var options = new DialOptions
        {
            Layers =
            [
                TlsLayer.Client(new()
                {
                    RemoteCertificateValidationCallback = (_, actual, _, _) =>
                        actual!.GetRawCertDataString() == expected.GetRawCertDataString(),
                }),
            ],
        };
        await using Connection client = await Dialer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), options).Bounded();

        await client.WriteAsync("hello\n"u8.ToArray());
        ReadOnlyMemory<byte>? answer = await client.TryReadLineAsync(100).AsTask().Bounded();

        Assert.Equal("olleh"u8.ToArray(), answer!.Value.ToArray());
    }

    private static void RequireOpenSsl() =>
        Assert.SkipUnless(File.Exists(OpenSsl), "needs the openssl command (Debian: openssl)");

    private static TestServer Start(string model, Func<Connection, Task> handle) =>
        TestServer.Start(model, handle, options => options with
        {
            Layers = [TlsLayer.Server(_ => TestCertificate.Server)],
        });
}
