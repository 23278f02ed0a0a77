using System.Text.Json;
using Hawser.Services;
using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Upload;

/// <summary><c>--hash</c> on the server and the client.</summary>
public sealed class UploadHashTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _content = new byte[3_000_001];

    public UploadHashTest() => new Random(1).NextBytes(_content);

    public static TheoryData<UploadHash, UploadHash, bool> Pairs =>
        new MatrixTheoryData<UploadHash, UploadHash, bool>(
            Enum.GetValues<UploadHash>(), Enum.GetValues<UploadHash>(), [false, true]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task A_file_is_verified_with_the_receipts_hash_whatever_the_client_computed(
        UploadHash ofServer, UploadHash ofClient, bool isFile)
    {
        await using UploadServer server = Start(ofServer);

        UploadOutcome outcome = await SendAsync(server, ofClient, isFile);

        Assert.Equal(ofServer, outcome.Receipt!.Digest?.Function ?? UploadHash.None);
        // A stream cannot be read again.
        bool isLost = !isFile && (ofServer, ofClient) == (UploadHash.Sha256, UploadHash.Xxh128);
        Assert.Equal(ofServer != UploadHash.None && ofClient != UploadHash.None && !isLost, outcome.IsVerified);
        Assert.False(outcome.IsDifferent);
        Assert.Equal(ofClient == UploadHash.None, outcome.Digest is null);
    }

    [Fact]
    public async Task A_part_of_a_file_is_hashed_again_from_where_it_began()
    {
        await using UploadServer server = Start(UploadHash.Xxh128);
        await using FileStream source = File.OpenRead(_folder.Write("source", _content));
        source.Position = 1_000_000;

        Assert.True((await server.SendAsync(source)).IsVerified);
        Assert.True(server.Stored(1).AsSpan().SequenceEqual(_content.AsSpan(1_000_000)));
    }

    [Fact]
    public async Task A_file_that_changed_before_it_was_hashed_again_differs()
    {
        await using UploadServer server = Start(UploadHash.Xxh128);
        string path = _folder.Write("source", _content);
        await using FileStream source = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

        UploadOutcome outcome = await Task.Run(() => UploadClient.SendAsync(
            server.EndPoint, source, new UploadClientOptions { IdleTimeout = Patience.Limit }, sent =>
            {
                if (sent == _content.Length)
                    File.WriteAllBytes(path, new byte[_content.Length]);
            })).Bounded();

        Assert.True(outcome.IsDifferent);
    }

    [Theory]
    [InlineData("xxh128", "xxh128:[0-9a-f]{32}")]
    [InlineData("sha256", "sha256:[0-9a-f]{64}")]
    [InlineData("none", "none")]
    public async Task The_receipt_names_its_hash(string option, string hash)
    {
        await using UploadServer server = Start(UploadDigest.ParseFunction(option));

        Assert.Matches($"^OK 1.file 3 {hash}\n$", await server.UploadAsync([1, 2, 3]));
    }

    [Fact]
    public async Task A_manifest_with_xxh128_is_verified_and_a_changed_file_found()
    {
        await using (UploadServer server = Start(UploadHash.Xxh128, manifest: true))
        {
            await server.UploadAsync(_content);
            await server.UploadAsync([]);
        }
        using JsonDocument line = JsonDocument.Parse(File.ReadLines(_folder["stored/manifest.ndjson"]).First());
        Assert.Matches("^[0-9a-f]{32}$", line.RootElement.GetProperty("xxh128").GetString());
        Assert.False(line.RootElement.TryGetProperty("sha256", out _));
        var findings = new List<string>();
        Assert.Equal(new UploadVerification(2, 0, 0), UploadVerifier.Verify(_folder["stored"], findings.Add));
        Assert.Empty(findings);

        _content[^1]++;
        _folder.Write("stored/1.file", _content);
        Assert.Equal(new UploadVerification(1, 1, 0), UploadVerifier.Verify(_folder["stored"], findings.Add));
        Assert.Equal(["1.file: has other bytes than were uploaded"], findings);
    }

    [Theory]
    [InlineData("\"md5\":\"00\"")]
    [InlineData("\"sha256\":\"00\"")]
    [InlineData("\"sha256\":null")]
    [InlineData("\"xxh128\":\"B5E9C1AD071B3E7FC779CFAA5E523818\"")]
    [InlineData("\"xxh128\":7")]
    public void A_stored_file_without_a_known_hash_is_no_record(string hash) => Assert.Null(UploadRecord.TryParse(
        "{\"number\":1,\"peer\":\"\",\"start\":\"2026-01-01T00:00:00Z\",\"end\":\"2026-01-01T00:00:00Z\",\"bytes\":0,"
        + $"{hash},\"state\":\"stored\"}}"));

    [Fact]
    public void A_manifest_without_a_hash_is_refused() => Assert.Equal(
        "--manifest: needs a hash; use --hash sha256 or xxh128",
        Assert.Throws<FormatException>(() => Start(UploadHash.None, manifest: true)).Message);

    [Fact]
    public void An_unknown_hash_is_refused_by_name() => Assert.Equal(
        "--hash: unknown hash 'md5'; use sha256, xxh128 or none",
        Assert.Throws<FormatException>(() => new ServiceSettings().Set(UploadService.Hash, "md5")).Message);

    private Task<UploadOutcome> SendAsync(UploadServer server, UploadHash hash, bool isFile)
    {
        var options = new UploadClientOptions { IdleTimeout = Patience.Limit, Hash = hash };
        return Task.Run(async () =>
        {
            await using Stream source =
                isFile ? File.OpenRead(_folder.Write("source", _content)) : new MemoryStream(_content);
            return await UploadClient.SendAsync(server.EndPoint, source, options);
        }).Bounded();
    }

    private UploadServer Start(UploadHash hash, bool manifest = false) =>
        UploadServer.Start(_folder["stored"], with: settings =>
        {
            settings.Set(UploadService.Hash, UploadDigest.NameOf(hash));
            if (manifest)
                settings.Set(UploadService.Manifest, "true");
        });
}
