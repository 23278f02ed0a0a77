using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary>The program over TLS: certificates, trust, tokens and proxies.</summary>
[SupportedOSPlatform("linux")]
public sealed class TlsTest : IDisposable
{
    private const int Failed = 1;
    private const int Misused = 2;
    private const int SIGHUP = 1;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_certificate_is_made_with_its_key_and_never_twice()
    {
        ProgramResult made = await ProgramProcess.RunAsync("cert", "--out", _folder["a"]);

        Assert.Matches("^sha256:[0-9a-f]{64}\n$", made.Text);
        Assert.Equal($"wrote {_folder["a.crt"]} and {_folder["a.key"]} for localhost, 127.0.0.1, ::1; valid for 365 days\n",
            made.Errors);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["a.key"]));
        (await ProgramProcess.RunAsync("cert", "--out", _folder["a"])).IsError(
            Failed, $"{_folder["a.crt"]}: exists; choose another --out or remove it");
        File.Delete(_folder["a.crt"]);
        (await ProgramProcess.RunAsync("cert", "--out", _folder["a"])).IsError(Failed, $"{_folder["a.key"]}: exists");
        Assert.False(File.Exists(_folder["a.crt"]));
    }

    [Fact]
    public async Task A_client_trusts_a_fingerprint_or_an_authority_and_nothing_else()
    {
        string fingerprint = await MakeCertificateAsync("a");
        string other = await MakeCertificateAsync("b");
        await using ProgramProcess server = Serve("ping", "--tls-cert", _folder["a.crt"], "--tls-key", _folder["a.key"]);
        string address = $"{await server.ListeningAsync()}";
        await server.Errors.LineWithAsync($"TLS certificate {_folder["a.crt"]}, {fingerprint}");

        (await PingAsync(address, "--tls", "--fingerprint", fingerprint)).IsDone();
        (await PingAsync(address, "--tls", "--fingerprint", fingerprint.ToUpperInvariant())).IsDone();
        (await PingAsync(address, "--tls", "--ca", _folder["a.crt"])).IsDone();
        (await PingAsync(address, "--tls", "--ca", _folder["a.crt"], "--server-name", "localhost")).IsDone();
        (await PingAsync(address, "--tls")).IsError(Failed, $"{address}: TLS handshake failed: the server's certificate "
            + $"({fingerprint}) is not trusted; use --ca FILE, or --fingerprint if it is the right one");
        (await PingAsync(address, "--tls", "--ca", _folder["b.crt"])).IsError(Failed, "is not trusted");
        (await PingAsync(address, "--tls", "--fingerprint", other)).IsError(
            Failed, $"the server's certificate is {fingerprint}, not the one of --fingerprint");
        (await PingAsync(address, "--tls", "--ca", _folder["a.crt"], "--server-name", "example.org")).IsError(
            Failed, "the server's certificate is not for 'example.org'; use --server-name NAME");
        (await PingAsync(address)).IsError(Failed, "");

        ProgramResult insecure = await PingAsync(address, "--tls", "--insecure");
        Assert.Equal((0, "WARNING: --insecure: the server is not verified; anyone can answer for it\n"),
            (insecure.ExitCode, insecure.Errors));
    }

    [Theory]
    [InlineData("ping", "threads")]
    [InlineData("ping", "epoll")]
    [InlineData("numbers", "async")]
    [InlineData("clock", "select")]
    public async Task Every_client_speaks_TLS(string service, string model)
    {
        string fingerprint = await MakeCertificateAsync("a");
        await using ProgramProcess server = Serve(service, "--model", model, "--tls-cert", _folder["a.crt"],
            "--tls-key", _folder["a.key"]);
        string address = $"{await server.ListeningAsync()}";
        string[] tls = ["--tls", "--fingerprint", fingerprint];
        string[][] commands = service switch
        {
            "ping" => [["ping", address, "-c", "2"], ["load", address, "-d", "5s", "--warm-up", "100ms"]],
            "numbers" => [["numbers", address, "--lists", "3", "--count", "250000", "--out", _folder["lists"]]],
            _ => [["clock", address, "-d", "200ms", "--out", _folder["out"]]],
        };

        foreach (string[] command in commands)
        {
            ProgramResult result = await ProgramProcess.RunAsync([.. command, .. tls]);
            Assert.True(result.ExitCode == 0, result.Errors);
        }
    }

    [Fact]
    public async Task A_server_can_require_certificates_of_its_clients()
    {
        await MakeCertificateAsync("server");
        await MakeCertificateAsync("client");
        await MakeCertificateAsync("stranger");
        await using ProgramProcess server = Serve("ping", "--tls-cert", _folder["server.crt"], "--tls-key",
            _folder["server.key"], "--client-ca", _folder["client.crt"]);
        string address = $"{await server.ListeningAsync()}";
        string[] tls = ["--tls", "--ca", _folder["server.crt"]];

        (await PingAsync(address, [.. tls, "--cert", _folder["client.crt"], "--key", _folder["client.key"]])).IsDone();
        Assert.Equal(Failed, (await PingAsync(address, tls)).ExitCode);
        await server.Errors.LineWithAsync("WARNING: 1 handshake failed, the last from 127.0.0.1:");
        await server.Errors.LineWithAsync("1 TLS handshake failed: the peer sent no certificate");
        Assert.Equal(Failed, (await PingAsync(
            address, [.. tls, "--cert", _folder["stranger.crt"], "--key", _folder["stranger.key"]])).ExitCode);
    }

    [Fact]
    public async Task A_certificate_is_chosen_by_the_name_that_the_client_asks_for()
    {
        string first = await MakeCertificateAsync("first", "--name", "one.example");
        string second = await MakeCertificateAsync("second", "--name", "two.example");
        await using ProgramProcess server = Serve("ping", "--tls-cert", _folder["first.crt"], "--tls-key",
            _folder["first.key"], "--tls-cert", _folder["second.crt"], "--tls-key", _folder["second.key"]);
        string address = $"{await server.ListeningAsync()}";

        (await PingAsync(address, "--tls", "--fingerprint", first, "--server-name", "one.example")).IsDone();
        (await PingAsync(address, "--tls", "--fingerprint", second, "--server-name", "two.example")).IsDone();
        (await PingAsync(address, "--tls", "--fingerprint", first, "--server-name", "three.example")).IsDone();
        (await PingAsync(address, "--tls", "--fingerprint", first)).IsDone();
    }

    [Fact]
    public async Task New_certificates_are_taken_and_bad_ones_are_not()
    {
        string old = await MakeCertificateAsync("a");
        string renewed = await MakeCertificateAsync("b");
        await using ProgramProcess server = Serve("ping", "--tls-cert", _folder["a.crt"], "--tls-key", _folder["a.key"]);
        string address = $"{await server.ListeningAsync()}";

        File.WriteAllText(_folder["a.crt"], "nonsense");
        await server.Errors.LineWithAsync(
            $"WARNING: --tls-cert: {_folder["a.crt"]}: has no PEM certificate; the old ones stay in force");
        (await PingAsync(address, "--tls", "--fingerprint", old)).IsDone();

        File.Copy(_folder["b.crt"], _folder["a.crt"], overwrite: true);
        File.Copy(_folder["b.key"], _folder["a.key"], overwrite: true);
        await server.Errors.LineWithAsync($"read again: TLS certificate {_folder["a.crt"]}, {renewed}");
        (await PingAsync(address, "--tls", "--fingerprint", renewed)).IsDone();
    }

    [Fact]
    public async Task A_hang_up_signal_reads_the_files_at_once()
    {
        string fingerprint = await MakeCertificateAsync("a");
        await using ProgramProcess server = Serve("ping", "--tls-cert", _folder["a.crt"], "--tls-key", _folder["a.key"]);
        string address = $"{await server.ListeningAsync()}";
        await server.Errors.LineWithAsync("TLS certificate");
        (await PingAsync(address, "--tls", "--fingerprint", fingerprint)).IsDone();

        server.Signal(SIGHUP);
        await server.Errors.LineWithAsync($"read again: TLS certificate {_folder["a.crt"]}, {fingerprint}");

        File.Delete(_folder["a.key"]);
        server.Signal(SIGHUP);
        await server.Errors.LineWithAsync($"WARNING: --tls-key: {_folder["a.key"]}: no such file; the old ones stay in force");
        (await PingAsync(address, "--tls", "--fingerprint", fingerprint)).IsDone();
    }

    [Fact]
    public async Task Without_a_service_all_of_them_speak_TLS()
    {
        string fingerprint = await MakeCertificateAsync("a");
        await using ProgramProcess server = ProgramProcess.Start("serve", "--port-base", "0", "--tls-cert", _folder["a.crt"],
            "--tls-key", _folder["a.key"], "--deny", "192.0.2.1");
        string line = await server.Errors.LineWithAsync("ping: Listening on ");
        await server.Errors.LineWithAsync("clock: TLS certificate");

        (await PingAsync(line["ping: Listening on ".Length..], "--tls", "--fingerprint", fingerprint)).IsDone();
    }

    [Fact]
    public async Task A_bad_file_is_named_with_its_option()
    {
        await MakeCertificateAsync("a");
        await MakeCertificateAsync("b");
        string crt = _folder["a.crt"], key = _folder["a.key"], text = _folder.Write("text", "hello"u8.ToArray());
        File.WriteAllText(_folder["locked"], "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
        foreach ((string options, string error) in (ValueTuple<string, string>[])[
            ($"--tls-cert {_folder["none"]} --tls-key {key}", $"--tls-cert: {_folder["none"]}: no such file"),
            ($"--tls-cert {_folder.Root} --tls-key {key}", $"--tls-cert: {_folder.Root}: is a folder, not a file"),
            ($"--tls-cert {text} --tls-key {key}", $"--tls-cert: {text}: has no PEM certificate"),
            ($"--tls-cert {crt} --tls-key {text}", $"--tls-key: {text}: has no PEM private key"),
            ($"--tls-cert {crt} --tls-key {_folder["locked"]}", $"--tls-key: {_folder["locked"]}: is encrypted"),
            ($"--tls-cert {crt} --tls-key {_folder["b.key"]}",
                $"--tls-key: {_folder["b.key"]}: is not the private key of the first certificate in {crt}"),
            ($"--tls-cert {crt}", "--tls-key: 0 for 1 of --tls-cert; give one for each"),
            ($"--tls-cert {crt} --tls-key {key} --client-ca {text}", $"--client-ca: {text}: has no PEM certificate"),
            ($"--tls-cert {crt} --tls-key {key} --token-file {text}", $"--token-file: {text}: the first line has 5 bytes"),
            ($"--client-ca {crt}", "--client-ca: applies with --tls-cert only"),
            ($"--token-file {text}", "--token-file: applies with --tls-cert only"),
            ("--proxy-from nonsense", "--proxy-from: 'nonsense' is not an address or network"),
            ("--proxy-from 10.0.0.0/33", "--proxy-from: '10.0.0.0/33' is not an address or network"),
        ])
        {
            (await ProgramProcess.RunAsync(["serve", "upload", "0", _folder["stored"], .. options.Split(' ')]))
                .IsError(Misused, error);
        }
        foreach ((string options, string error) in (ValueTuple<string, string>[])[
            ("--ca x", "--ca: applies with --tls only"),
            ("--tls --ca none", "--ca: none: no such file"),
            ("--tls --insecure --fingerprint sha256:00", "--fingerprint: 'sha256:00' is not sha256: and 64 hex digits"),
            ("--tls --ca none --insecure", "--insecure: does not apply with --ca"),
            ($"--tls --cert {crt}", "--cert and --key: give both or neither"),
        ])
        {
            (await PingAsync("127.0.0.1:9", options.Split(' '))).IsError(Misused, error);
        }
    }

    [Fact]
    public async Task A_token_protects_uploads()
    {
        string fingerprint = await MakeCertificateAsync("a");
        File.WriteAllText(_folder["token"], "0123456789abcdef\n");
        File.WriteAllText(_folder["other"], "fedcba9876543210\n");
        string file = _folder.Write("file", new byte[10_000]);
        await using ProgramProcess server = Serve("upload", _folder["stored"], "--tls-cert", _folder["a.crt"], "--tls-key",
            _folder["a.key"], "--token-file", _folder["token"]);
        string address = $"{await server.ListeningAsync()}";
        string[] tls = ["--tls", "--fingerprint", fingerprint];

        (await ProgramProcess.RunAsync(["upload", address, file, .. tls, "--token-file", _folder["token"]])).IsDone();
        (await ProgramProcess.RunAsync(["upload", address, file, .. tls, "--token-file", _folder["other"]])).IsError(
            Failed, "--token-file: the server refused it: wrong token");
        await server.Errors.LineWithAsync("1 wrong token");
        Assert.Equal(Failed, (await ProgramProcess.RunAsync(["upload", address, file, .. tls])).ExitCode);

        File.Copy(_folder["other"], _folder["token"], overwrite: true);
        server.Signal(SIGHUP);
        await server.Errors.LineWithAsync($"read again: --token-file: {_folder["token"]}");
        (await ProgramProcess.RunAsync(["upload", address, file, .. tls, "--token-file", _folder["other"]])).IsDone();
        File.WriteAllText(_folder["token"], "short");
        server.Signal(SIGHUP);
        await server.Errors.LineWithAsync($"WARNING: --token-file: {_folder["token"]}: the first line has 5 bytes");
        (await ProgramProcess.RunAsync(["upload", address, file, .. tls, "--token-file", _folder["other"]])).IsDone();

        Assert.Equal(3, Directory.GetFiles(_folder["stored"]).Length);
        Assert.DoesNotContain("no authentication", server.Errors.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_header_names_the_address_of_the_client()
    {
        await using ProgramProcess server = Serve("upload", _folder["stored"], "--proxy-from", "127.0.0.0/8");
        IPEndPoint address = await server.ListeningAsync();
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(address).Bounded();
        await client.SendAsync(Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.7 192.0.2.1 5000 80\r\nhello")).Bounded();
        client.Shutdown(SocketShutdown.Send);

        await server.Errors.LineWithAsync("upload 1 from 192.0.2.7:5000 stored as 1.file: 5 bytes");

        using RawClient direct = await RawClient.ConnectAsync(address);
        await direct.SendAsync("hello\n");
        await server.Errors.LineWithAsync("1 expected a PROXY header");
    }

    private async Task<string> MakeCertificateAsync(string name, params string[] options)
    {
        ProgramResult made = await ProgramProcess.RunAsync(["cert", "--out", _folder[name], .. options]);
        Assert.Equal(0, made.ExitCode);
        return made.Text.TrimEnd();
    }

    private static ProgramProcess Serve(string service, params string[] options) => ProgramProcess.Start(
        ["serve", service, .. service is "upload" ? (string[])["0"] : ["--port", "0"], .. options, "--host", "127.0.0.1"]);

    private static Task<ProgramResult> PingAsync(string address, params string[] options) =>
        ProgramProcess.RunAsync(["ping", address, "-c", "1", "-w", "20s", .. options]);
}
