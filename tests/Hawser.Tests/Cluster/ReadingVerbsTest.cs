using System.Text.Json;
using Hawser.Services;
using Hawser.Services.Upload;
using Hawser.Tests.App;
using Hawser.Tests.Services.Upload;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Cluster;

/// <summary><c>hawser upload list</c>, <c>get</c> and <c>verify</c> on a ledger.</summary>
[Collection(ClusterTests.Name)]
public sealed class ReadingVerbsTest(ClusterParts parts) : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private (string Ledger, string Sink) _collection;

    /// <summary>Upload 1 is stored, upload 2 has failed.</summary>
    public async ValueTask InitializeAsync()
    {
        _collection = await parts.CreateCollectionAsync();
        await using UploadServer server = UploadServer.Start(_folder["spool"], with: settings => settings
            .Set(UploadService.Ledger, _collection.Ledger)
            .Set(UploadService.Sink, _collection.Sink)
            .Set(UploadService.MaxBytes, "5"));
        await server.UploadAsync("first"u8.ToArray());
        await server.UploadAsync("second"u8.ToArray());
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_list_has_a_line_per_upload()
    {
        ProgramResult list = await RunAsync("list");
        ProgramResult json = await RunAsync("list", "--json");

        list.IsDone();
        string[] lines = list.Text.Split('\n');
        Assert.Matches("^ +NUMBER  TIME +STATE +BYTES  HASH OR REASON$", lines[0]);
        Assert.Matches("^ +1  [-0-9T:]{19}Z  stored +5  sha256:[0-9a-f]{64}$", lines[1]);
        Assert.Matches("^ +2  [-0-9T:]{19}Z  failed +-  an upload has at most 5 bytes$", lines[2]);
        json.IsDone();
        JsonElement[] entries =
            [.. json.Text.Split('\n')[..^1].Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.All(entries, entry => JsonOutputTest.AssertIs("upload.list", entry));
        Assert.Equal(["stored", "failed"], entries.Select(entry => entry.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task A_copy_replaces_a_file_only_when_it_is_whole()
    {
        string copy = _folder.Write("copy", "old"u8.ToArray());
        (await RunAsync("get", "2", "--out", copy)).IsError(1, "upload 2 failed: an upload has at most 5 bytes");
        (await RunAsync("get", "3", "--out", copy)).IsError(1, "has no upload 3");
        Assert.Equal("old", File.ReadAllText(copy));

        (await RunAsync("get", "1", "--out", copy)).IsDone();

        Assert.Equal("first", File.ReadAllText(copy));
        (await RunAsync("get", "1", "--out", _folder["new"])).IsDone();
        Assert.Equal("first", File.ReadAllText(_folder["new"]));
        ProgramResult piped = await RunAsync("get", "1");
        piped.IsDone();
        Assert.Equal("first", piped.Text);
    }

    [Fact]
    public async Task A_pipe_or_a_device_is_written_and_not_replaced()
    {
        NamedPipe.Create(_folder["pipe"]);
        Task<string> reading = Task.Run(() => File.ReadAllText(_folder["pipe"]));

        (await RunAsync("get", "1", "--out", _folder["pipe"])).IsDone();

        Assert.Equal("first", await reading.Bounded());
        Assert.True(RegularFile.IsPipe(_folder["pipe"]));
    }

    [Fact]
    public async Task A_link_stays_a_link()
    {
        File.CreateSymbolicLink(_folder["link"], _folder["target"]);

        (await RunAsync("get", "1", "--out", _folder["link"])).IsDone();

        Assert.Equal("first", File.ReadAllText(_folder["target"]));
        Assert.NotNull(new FileInfo(_folder["link"]).LinkTarget);
    }

    [Fact]
    public async Task The_verification_finds_what_was_changed_and_what_is_missing()
    {
        (await RunAsync("verify")).IsDone();
        await parts.Postgres.RunAsync(_collection.Ledger, "UPDATE hawser.uploads SET bytes = 6 WHERE number = 1");

        ProgramResult changed = await RunAsync("verify", "--json");

        Assert.Equal(4, changed.ExitCode);
        JsonElement found = JsonDocument.Parse(changed.Text).RootElement;
        JsonOutputTest.AssertIs("upload.verify", found);
        Assert.Equal("1.file: has 5 bytes, should have 6", found.GetProperty("findings")[0].GetString());
    }

    [Fact]
    public async Task A_missing_option_or_an_unknown_collection_is_named()
    {
        (await ProgramProcess.RunAsync("upload", "list")).IsError(2, "missing option --ledger");
        (await ProgramProcess.RunAsync("upload", "verify")).IsError(2, "missing argument DIR, or --ledger and --sink");
        _collection.Sink = _collection.Sink.Replace("/test-", "/other-", StringComparison.Ordinal);
        (await RunAsync("list")).IsError(1, "--sink: the ledger does not know s3://uploads/other-");
    }

    private async Task<ProgramResult> RunAsync(string verb, params string[] arguments)
    {
        await using ProgramProcess program = ProgramProcess.StartWithPackages(
            parts.Swift.Credentials,
            ["upload", verb, .. arguments, "--ledger", _collection.Ledger, "--sink", _collection.Sink]);
        return await program.FinishAsync([]);
    }
}
