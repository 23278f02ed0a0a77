using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Hawser.Tests.Services;
using Hawser.Tests.Services.Upload;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary>The program as one types it.</summary>
public sealed class UploadProgramTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_are_sent_each_on_a_connection_of_its_own_and_verified()
    {
        await using ProgramProcess server = Serve();
        string port = await PortAsync(server);
        byte[] content = RandomNumberGenerator.GetBytes(3_000_000);

        ProgramResult result = await ProgramProcess.RunAsync(
            "upload", "127.0.0.1", port, _folder.Write("one", content), _folder.Write("two", []));

        result.IsDone();
        string[] lines = result.Text.Split('\n');
        Assert.StartsWith($"{_folder["one"]}: 1.file, 3000000 bytes in ", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(", verified", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"{_folder["two"]}: 2.file, 0 bytes in ", lines[1], StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllBytes(Stored(1)));
        Assert.Empty(File.ReadAllBytes(Stored(2)));
    }

    [Fact]
    public async Task A_minus_sends_the_standard_input()
    {
        await using ProgramProcess server = Serve();

        ProgramResult result = await ProgramProcess.RunAsync(
            "what is typed"u8.ToArray(), "upload", "127.0.0.1", await PortAsync(server), "-");

        result.IsDone();
        Assert.Equal("what is typed", File.ReadAllText(Stored(1)));
    }

    [Fact]
    public async Task With_json_an_outcome_is_a_line()
    {
        await using ProgramProcess server = Serve("--sync", "--max-bytes", "10");
        string port = await PortAsync(server);

        ProgramResult result = await ProgramProcess.RunAsync("upload", "127.0.0.1", port, "--json",
            _folder.Write("one", [1, 2, 3]), _folder.Write("large", new byte[11]), _folder["missing"]);

        JsonElement[] lines = [.. result.Text.Split('\n')[..^1].Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(3, lines.Length);
        Assert.Equal(_folder["one"], lines[0].GetProperty("file").GetString());
        Assert.Equal(3, lines[0].GetProperty("bytes").GetInt64());
        Assert.Equal("1.file", lines[0].GetProperty("stored_as").GetString());
        Assert.True(lines[0].GetProperty("verified").GetBoolean());
        Assert.True(lines[0].GetProperty("synced").GetBoolean());
        Assert.Equal("an upload has at most 10 bytes", lines[1].GetProperty("error").GetString());
        Assert.False(lines[2].GetProperty("verified").GetBoolean());
        Assert.Equal(3, result.ExitCode);
    }

    [Fact]
    public async Task A_refused_upload_fails_with_the_servers_reason()
    {
        await using ProgramProcess server = Serve("--max-bytes", "2");

        ProgramResult result = await ProgramProcess.RunAsync(
            "upload", "127.0.0.1", await PortAsync(server), _folder.Write("one", [1, 2, 3]));

        result.IsError(1, "refused it: an upload has at most 2 bytes");
        Assert.Equal("ERROR", File.ReadAllText(Stored(1)));
    }

    [Fact]
    public async Task Without_a_receipt_it_is_sent_and_not_confirmed()
    {
        await using ProgramProcess server = Serve("--no-receipt");

        ProgramResult result = await ProgramProcess.RunAsync(
            "upload", "127.0.0.1", await PortAsync(server), _folder.Write("one", [1]));

        Assert.Equal("", result.Text);
        Assert.Contains("sent, not confirmed", result.Errors, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData("--no-hash")]
    [InlineData("--hash", "none")]
    public async Task Without_a_hash_only_the_number_of_bytes_is_compared(params string[] options)
    {
        await using ProgramProcess server = Serve();

        ProgramResult result = await ProgramProcess.RunAsync(
            ["upload", "127.0.0.1", await PortAsync(server), .. options, _folder.Write("one", [1, 2, 3])]);

        result.IsDone();
        Assert.EndsWith(", not hashed\n", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receipt_with_another_hash_than_the_clients_is_verified_except_for_a_pipe()
    {
        await using ProgramProcess server = Serve("--hash", "sha256");
        string port = await PortAsync(server);
        string[] upload = ["upload", "127.0.0.1", port, "--hash", "xxh128"];

        ProgramResult file = await ProgramProcess.RunAsync([.. upload, "--json", _folder.Write("one", [1, 2, 3])]);
        ProgramResult pipe = await ProgramProcess.RunAsync([1, 2, 3], [.. upload, "-"]);

        file.IsDone();
        JsonElement line = JsonDocument.Parse(file.Text).RootElement;
        Assert.True(line.GetProperty("verified").GetBoolean());
        Assert.Matches("^[0-9a-f]{64}$", line.GetProperty("sha256").GetString());
        Assert.Equal(JsonValueKind.Null, line.GetProperty("xxh128").ValueKind);
        pipe.IsDone();
        Assert.EndsWith(", not verified: use --hash sha256, the server's\n", pipe.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hash_that_is_named_twice_or_unknown_is_misuse()
    {
        string file = _folder.Write("one", [1]);
        (await ProgramProcess.RunAsync("upload", "127.0.0.1", "8000", file, "--hash", "none", "--no-hash"))
            .IsError(2, "--no-hash: --hash is given as well");
        (await ProgramProcess.RunAsync("upload", "127.0.0.1", "8000", file, "--hash", "md5"))
            .IsError(2, "--hash: unknown hash 'md5'; use sha256, xxh128 or none");
        (await ProgramProcess.RunAsync("serve", "upload", "0", _folder["stored"], "--hash", "none", "--manifest"))
            .IsError(2, "--manifest: needs a hash; use --hash sha256 or xxh128");
    }

    [Fact]
    public async Task A_receipt_that_lies_ends_with_exit_code_4()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Task<ProgramResult> sending = ProgramProcess.RunAsync("upload", "127.0.0.1",
            $"{((IPEndPoint)listener.LocalEndPoint!).Port}", _folder.Write("one", [1]));
        using (RawPeer server = await RawPeer.AcceptAsync(listener))
        {
            await server.ReadToEndAsync();
            await server.SendAsync(UploadServer.ReceiptOf(1, [2]));
        }

        (await sending).IsError(4, "stored other bytes than were sent");
    }

    [Theory]
    [InlineData(1, "abc", "8000", "abc")]
    [InlineData(2, "127.0.0.1", "-1", "'-1' is out of bounds")]
    [InlineData(2, "127.0.0.1", "65536", "'65536' is out of bounds")]
    [InlineData(2, "127.0.0.1", "http", "'http' is not a port")]
    [InlineData(2, "not a host", "8000", "'not a host' is not a host name")]
    public async Task A_wrong_host_or_port_is_an_error(int exitCode, string host, string port, string part) =>
        (await ProgramProcess.RunAsync("upload", host, port, _folder.Write("one", [1]))).IsError(exitCode, part);

    [Fact]
    public async Task A_server_that_never_reads_ends_with_an_error()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();

        ProgramResult result = await ProgramProcess.RunAsync("upload", "127.0.0.1",
            $"{((IPEndPoint)listener.LocalEndPoint!).Port}", _folder.Write("large", new byte[20_000_000]),
            "--idle-timeout", "200ms");

        result.IsError(1, "idle timeout");
    }

    [Theory]
    [InlineData("1023", "port 1023 is not allowed; use 1024 or above")]
    [InlineData("80", "port 80 is not allowed")]
    [InlineData("-1", "'-1' is out of bounds")]
    [InlineData("65536", "'65536' is out of bounds")]
    [InlineData("port", "'port' is not a port")]
    public async Task A_port_that_is_not_above_1023_is_misuse(string port, string why)
    {
        (await ProgramProcess.RunAsync("serve", "upload", port, _folder["stored"])).IsError(2, why);
        Assert.False(Directory.Exists(_folder["stored"]));
    }

    [Fact]
    public async Task A_folder_that_is_a_file_is_an_error() =>
        (await ProgramProcess.RunAsync("serve", "upload", "0", _folder.Write("stored", [1])))
            .IsError(1, $"cannot write to {_folder["stored"]}: {_folder["stored"]} is a file, not a folder");

    [Fact]
    public async Task A_source_that_is_a_folder_or_missing_is_an_error()
    {
        (await ProgramProcess.RunAsync("upload", "127.0.0.1", "8000", _folder.Root))
            .IsError(1, $"{_folder.Root}: is a folder, not a file");
        (await ProgramProcess.RunAsync("upload", "127.0.0.1", "8000", _folder["missing"]))
            .IsError(1, $"{_folder["missing"]}: no such file");
    }

    [Theory]
    [InlineData("--idle-timeout")]
    [InlineData("--connect-timeout")]
    public async Task A_timeout_of_0_is_refused_by_name(string option) =>
        (await ProgramProcess.RunAsync("upload", "127.0.0.1", "8000", _folder.Write("one", [1]), option, "0"))
            .IsError(2, $"{option}: '0' is too short");

    [Fact]
    public async Task A_server_that_closes_after_the_idle_timeout_has_not_confirmed()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Task<ProgramResult> sending = ProgramProcess.RunAsync("upload", "127.0.0.1",
            $"{((IPEndPoint)listener.LocalEndPoint!).Port}", _folder.Write("one", [1]), "--idle-timeout", "200ms");
        using RawPeer server = await RawPeer.AcceptAsync(listener);
        await server.ReadToEndAsync();

        ProgramResult result = await sending;

        Assert.Equal($"{_folder["one"]}: sent, not confirmed: {listener.LocalEndPoint} sent no receipt within 200 ms\n", result.Errors);
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData(ProgramProcess.SIGTERM)]
    [InlineData(ProgramProcess.SIGQUIT)]
    public async Task A_signal_lets_an_upload_finish_and_ends_the_server_well(int signal)
    {
        await using ProgramProcess server = Serve();
        using RawPeer peer = await RawPeer.ConnectAsync(await server.ListeningAsync());
        await peer.SendAsync("first half, ");
        await Patience.UntilAsync(() => File.Exists(_folder["stored/.1.part"]));

        server.Signal(signal);
        await peer.SendAsync("second half");
        peer.FinishSending();

        Assert.StartsWith("OK 1.file 23 ", await peer.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
        Assert.Equal("first half, second half", File.ReadAllText(Stored(1)));
    }

    [Fact]
    public async Task Without_a_first_byte_the_idle_timeout_counts()
    {
        await using ProgramProcess server = Serve("--idle-timeout", "100ms");
        using RawPeer peer = await RawPeer.ConnectAsync(await server.ListeningAsync());

        Assert.StartsWith("ERROR ", await peer.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal("ERROR", File.ReadAllText(Stored(1)));
    }

    [Theory]
    [InlineData("000")]
    [InlineData("077")]
    public async Task The_permissions_do_not_depend_on_the_umask(string umask)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("there are no such permissions");
            return;
        }
        await using ProgramProcess server = ProgramProcess.StartInShell(
            $"umask {umask}; exec \"$@\"", "", "serve", "upload", "0", _folder["stored"], "--host", "127.0.0.1");
        await ProgramProcess.RunAsync("upload", "127.0.0.1", await PortAsync(server), _folder.Write("one", [1]));

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(Stored(1)));
    }

    [Fact]
    public async Task A_client_that_is_killed_has_not_uploaded()
    {
        await using ProgramProcess server = Serve();
        await using (ProgramProcess client = ProgramProcess.Start("upload", "127.0.0.1", await PortAsync(server), "-"))
        {
            await client.Input.WriteAsync("half"u8.ToArray());
            await client.Input.FlushAsync();
            await Patience.UntilAsync(() => new FileInfo(_folder["stored/.1.part"]) is { Exists: true, Length: 4 });
            client.Signal(ProgramProcess.SIGKILL);
        }

        await Patience.UntilAsync(() => File.Exists(Stored(1)));
        // The server has it open, and locked, for a moment longer than it has its name.
        server.Signal(ProgramProcess.SIGKILL);
        await server.EndAsync();
        Assert.Equal("ERROR", File.ReadAllText(Stored(1)));
    }

    [Fact]
    public async Task The_exit_code_of_verify_says_what_it_found()
    {
        await using (ProgramProcess server = Serve("--manifest"))
        {
            string port = await PortAsync(server);
            await ProgramProcess.RunAsync("upload", "127.0.0.1", port, _folder.Write("a", [1]), _folder.Write("b", [2]));
            server.Signal(ProgramProcess.SIGTERM);
            Assert.Equal(0, (await server.EndAsync()).ExitCode);
        }

        ProgramResult good = await VerifyAsync();
        good.IsDone();
        Assert.Equal("2 verified, 0 different, 0 not in the manifest\n", good.Text);

        _folder.Write("stored/7.file", [7]);
        ProgramResult unlisted = await VerifyAsync();
        Assert.Equal("7.file: not in the manifest\n2 verified, 0 different, 1 not in the manifest\n", unlisted.Text);
        Assert.Equal(3, unlisted.ExitCode);

        File.AppendAllText(_folder["stored/manifest.ndjson"], "garbage\n");
        ProgramResult garbage = await VerifyAsync();
        Assert.EndsWith("1 not in the manifest, 1 bad line in the manifest\n", garbage.Text, StringComparison.Ordinal);
        Assert.Equal(3, garbage.ExitCode);

        _folder.Write("stored/2.file", [3]);
        ProgramResult changed = await VerifyAsync();
        Assert.Contains("2.file: has other bytes than were uploaded\n", changed.Text, StringComparison.Ordinal);
        Assert.Equal(4, changed.ExitCode);
    }

    [Fact]
    public async Task Verify_needs_a_manifest() =>
        (await ProgramProcess.RunAsync("upload", "verify", _folder.Root)).IsError(1, "--manifest");

    [Fact]
    public async Task There_is_no_progress_bar_off_a_terminal()
    {
        await using ProgramProcess server = Serve();

        ProgramResult result = await ProgramProcess.RunAsync(
            "upload", "127.0.0.1", await PortAsync(server), _folder.Write("large", new byte[50_000_000]));

        result.IsDone();
        Assert.DoesNotContain('\e', result.Text);
    }

    private Task<ProgramResult> VerifyAsync() => ProgramProcess.RunAsync("upload", "verify", _folder["stored"]);

    private string Stored(int number) => _folder[$"stored/{number}.file"];

    private ProgramProcess Serve(params string[] options) =>
        ProgramProcess.Start(["serve", "upload", "0", _folder["stored"], "--host", "127.0.0.1", .. options]);

    private static async Task<string> PortAsync(ProgramProcess server) => $"{(await server.ListeningAsync()).Port}";
}
