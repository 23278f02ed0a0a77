using System.Text.Json;
using Hawser.Services;
using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Upload;

public sealed class UploadManifestTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _findings = [];

    private string Manifest => _folder["manifest.ndjson"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_line_says_who_uploaded_what_and_when()
    {
        await StoreAsync([1, 2, 3]);

        using JsonDocument line = JsonDocument.Parse(Assert.Single(File.ReadAllLines(Manifest)));
        JsonElement record = line.RootElement;
        Assert.Equal(1, record.GetProperty("number").GetInt64());
        Assert.StartsWith("127.0.0.1:", record.GetProperty("peer").GetString(), StringComparison.Ordinal);
        Assert.True(record.GetProperty("start").GetDateTimeOffset() <= record.GetProperty("end").GetDateTimeOffset());
        Assert.Equal(3, record.GetProperty("bytes").GetInt64());
        Assert.Contains(record.GetProperty("sha256").GetString()!, UploadServer.ReceiptOf(1, [1, 2, 3]),
            StringComparison.Ordinal);
        Assert.Equal("stored", record.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_folder_as_it_was_uploaded_is_verified()
    {
        await StoreAsync([1], [2, 2], []);

        Assert.Equal(new UploadVerification(3, 0, 0), Verify());
        Assert.Empty(_findings);
    }

    [Fact]
    public async Task A_refused_upload_is_in_the_manifest_and_is_verified()
    {
        await using (UploadServer server = StartServer(with => with.Set(UploadService.MaxBytes, "2")))
            await server.UploadAsync([1, 2, 3]);

        Assert.Contains("\"state\":\"error\"", File.ReadAllText(Manifest), StringComparison.Ordinal);
        Assert.Equal(new UploadVerification(1, 0, 0), Verify());
        _folder.Write("1.file", "ERROR\n"u8.ToArray());
        Assert.Equal(new UploadVerification(0, 1, 0), Verify());
        Assert.Equal(["1.file: should hold ERROR"], _findings);
    }

    [Fact]
    public async Task A_file_that_is_gone_is_missing()
    {
        await StoreAsync([1], [2]);
        File.Delete(_folder["2.file"]);

        Assert.Equal(new UploadVerification(1, 1, 0), Verify());
        Assert.Equal(["2.file: missing"], _findings);
    }

    [Fact]
    public async Task A_byte_that_changed_is_found()
    {
        await StoreAsync([1, 2, 3]);
        _folder.Write("1.file", [1, 2, 4]);

        Assert.Equal(new UploadVerification(0, 1, 0), Verify());
        Assert.Equal(["1.file: has other bytes than were uploaded"], _findings);
    }

    [Fact]
    public async Task A_file_that_was_cut_is_found()
    {
        await StoreAsync([1, 2, 3]);
        _folder.Write("1.file", [1, 2]);

        Assert.Equal(new UploadVerification(0, 1, 0), Verify());
        Assert.Equal(["1.file: has 2 bytes, should have 3"], _findings);
    }

    [Fact]
    public async Task A_pipe_in_place_of_a_file_does_not_block_the_verification()
    {
        await StoreAsync([1, 2, 3]);
        File.Delete(_folder["1.file"]);
        NamedPipe.Create(_folder["1.file"]);

        Assert.Equal(new UploadVerification(0, 1, 0), Verify());
        Assert.Equal([$"1.file: cannot be read: {_folder["1.file"]} is a pipe, not a file"], _findings);
    }

    [Fact]
    public async Task A_pipe_in_place_of_the_manifest_is_refused()
    {
        await StoreAsync([1]);
        File.Delete(Manifest);
        NamedPipe.Create(Manifest);

        Assert.Equal($"{Manifest} is a pipe, not a file", Assert.Throws<IOException>(() => Verify()).Message);
        Assert.Equal($"{Manifest} is a pipe, not a file", Assert.Throws<IOException>(() => StartServer()).Message);
    }

    [Fact]
    public async Task Everything_that_the_manifest_does_not_list_is_reported()
    {
        await StoreAsync([1]);
        _folder.Write(".8.part", [8]);
        _folder.Write("9.file", [9]);
        _folder.Write("01.file", [1]);
        _folder.Write("notes\n.txt", [9]);
        Directory.CreateDirectory(_folder["10.file"]);
        Directory.CreateDirectory(_folder["sub"]);

        Assert.Equal(new UploadVerification(1, 0, 6), Verify());
        Assert.Equal(
            [
                ".8.part: an upload that was not finished", "01.file: not in the manifest",
                "10.file: a folder, not in the manifest", "9.file: not in the manifest",
                "notes .txt: not in the manifest", "sub: a folder, not in the manifest",
            ],
            _findings);
    }

    [Fact]
    public async Task A_line_that_was_cut_does_not_hide_the_next_one()
    {
        await StoreAsync([1], [2]);
        File.WriteAllText(Manifest, File.ReadAllText(Manifest)[..^20]);
        await StoreAsync([3]);

        Assert.Equal(new UploadVerification(2, 0, 1, 1), Verify());
        Assert.Equal(["manifest.ndjson line 2: truncated", "2.file: not in the manifest"], _findings);
    }

    [Fact]
    public async Task Of_a_number_that_was_given_again_the_later_line_counts()
    {
        await StoreAsync([1]);
        File.Delete(_folder["1.file"]);
        await StoreAsync([2, 2]);

        Assert.Equal(new UploadVerification(1, 0, 0), Verify());
    }

    [Fact]
    public async Task Two_servers_append_whole_lines()
    {
        await using UploadServer one = StartServer();
        await using UploadServer other = StartServer();

        await Task.WhenAll(Enumerable.Range(0, 60).Select(n => (n % 2 == 0 ? one : other).UploadAsync([(byte)n])));

        Assert.Equal(new UploadVerification(60, 0, 0), Verify());
    }

    /// <summary>A file grows by pages, so a line over the end of one is visible in parts.</summary>
    [Fact]
    public async Task A_line_that_another_server_is_writing_does_not_look_truncated()
    {
        var settings = new UploadSettings { Folder = _folder.Root };
        var record = new UploadRecord(
            1, new string('p', 150), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, 1, null, "refused");
        const int Lines = 20_000;

        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(() =>
        {
            using var manifest = new UploadManifest(settings);
            for (int n = 0; n < Lines; n++)
                manifest.Append(record);
        }, TaskCreationOptions.LongRunning)));

        string[] lines = File.ReadAllLines(Manifest);
        Assert.DoesNotContain("", lines);
        Assert.Equal(2 * Lines, lines.Length);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("{\"number\":garbage")]
    [InlineData("{\"number\":1}{\"num")]
    [InlineData("7")]
    [InlineData("{\"number\":\"one\"}")]
    [InlineData("{\"number\":1.5,\"peer\":\"\",\"start\":\"\",\"end\":\"\",\"bytes\":0,\"sha256\":\"\",\"state\":\"stored\"}")]
    public async Task A_malformed_manifest_line_is_reported_and_skipped(string line)
    {
        await StoreAsync([1]);
        File.AppendAllText(Manifest, line + "\n");

        Assert.Equal(new UploadVerification(1, 0, 0, 1), Verify());
        Assert.Equal(["manifest.ndjson line 2: not a record"], _findings);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"num")]
    [InlineData("{\"number\":1,\"peer\":\"127.0")]
    [InlineData("{\"number\":1,\"peer\":{\"a\":1}")]
    public async Task The_beginning_of_a_record_is_a_truncated_line(string line)
    {
        await StoreAsync([1]);
        File.AppendAllText(Manifest, line);

        Assert.Equal(new UploadVerification(1, 0, 0, 1), Verify());
        Assert.Equal(["manifest.ndjson line 2: truncated"], _findings);
    }

    [Fact]
    public void A_folder_without_a_manifest_is_an_error() =>
        Assert.Contains("--manifest", Assert.ThrowsAny<IOException>(() => Verify()).Message, StringComparison.Ordinal);

    private UploadVerification Verify()
    {
        _findings.Clear();
        return UploadVerifier.Verify(_folder.Root, _findings.Add);
    }

    private async Task StoreAsync(params byte[][] contents)
    {
        await using UploadServer server = StartServer();
        foreach (byte[] content in contents)
            Assert.StartsWith("OK ", await server.UploadAsync(content), StringComparison.Ordinal);
    }

    private UploadServer StartServer(Action<ServiceSettings>? with = null) =>
        UploadServer.Start(_folder.Root, with: settings =>
        {
            settings.Set(UploadService.Manifest, "true");
            with?.Invoke(settings);
        });
}
