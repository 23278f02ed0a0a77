using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Upload;

/// <summary>Somebody who may write to the folder puts another file in the place of one under way.</summary>
public sealed class UploadSwapTest : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _elsewhere = new();
    private UploadServer _server = null!;

    private string Part => _folder[".1.part"];

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere a name cannot be given by descriptor");
        _server = UploadServer.Start(_folder.Root);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _folder.Dispose();
        _elsewhere.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Publishing_uses_the_written_file_even_if_its_partial_name_was_moved(bool link)
    {
        string receipt = await UploadAsync(() =>
        {
            File.Move(Part, _elsewhere["moved"]);
            PutAnother(link);
        });

        Assert.Equal(UploadServer.ReceiptOf(1, "half and whole"u8.ToArray()), receipt);
        Assert.Equal("half and whole"u8, _server.Stored(1));
        Assert.Null(new FileInfo(_server.PathOf(1)).LinkTarget);
        Assert.Equal("theirs", File.ReadAllText(_elsewhere["theirs"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upload_whose_part_was_removed_is_refused(bool link)
    {
        string receipt = await UploadAsync(() =>
        {
            File.Delete(Part);
            PutAnother(link);
        });

        Assert.Equal("ERROR the server could not store it\n", receipt);
        Assert.Equal([".1.part"], _server.Names());
        Assert.Equal("theirs", File.ReadAllText(_elsewhere["theirs"]));
    }

    [Fact]
    public async Task A_link_in_the_place_of_a_part_is_not_followed()
    {
        PutAnother(link: true);

        Assert.Equal(UploadServer.ReceiptOf(2, [2]), await _server.UploadAsync([2]));
        Assert.Equal("theirs", File.ReadAllText(_elsewhere["theirs"]));
    }

    [Fact]
    public async Task A_link_to_nothing_that_is_left_over_is_removed()
    {
        File.CreateSymbolicLink(Part, _elsewhere["missing"]);
        await using UploadServer next = UploadServer.Start(_folder.Root);

        Assert.Empty(next.Names());
    }

    private async Task<string> UploadAsync(Action halfWay)
    {
        using RawPeer peer = await _server.ConnectAsync();
        await peer.SendAsync("half");
        await Patience.UntilAsync(() => new FileInfo(Part) is { Exists: true, Length: 4 });
        halfWay();
        await peer.SendAsync(" and whole");
        peer.FinishSending();
        return await peer.ReadToEndAsync();
    }

    private void PutAnother(bool link)
    {
        string theirs = _elsewhere.Write("theirs", "theirs"u8.ToArray());
        if (link)
            File.CreateSymbolicLink(Part, theirs);
        else
            File.Copy(theirs, Part);
    }
}
