using System.Text;
using Hawser.Services.Upload;
using Xunit;

namespace Hawser.Tests.Services.Upload;

public sealed class UploadReceiptTest
{
    private const string HashOfHello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    [Theory]
    [InlineData("upload-stored", UploadHash.Sha256, false)]
    [InlineData("upload-synced", UploadHash.Sha256, true)]
    [InlineData("upload-xxh128", UploadHash.Xxh128, false)]
    [InlineData("upload-none", UploadHash.None, false)]
    public void A_receipt_is_the_line_of_the_protocol(string dump, UploadHash function, bool synced)
    {
        UploadReceipt receipt = UploadReceipt.Stored("7.file", 5, HelloHashedBy(function), synced);
        Assert.Equal(GoldenBytes.Of(dump), receipt.ToLine());
        Assert.Equal(receipt, UploadReceipt.Parse(GoldenBytes.Of(dump).AsSpan()[..^1]));
    }

    [Fact]
    public void The_receipt_of_a_refused_upload_says_why() =>
        Assert.Equal(
            GoldenBytes.Of("upload-refused"), UploadReceipt.Refused("an upload has at most 1000 bytes").ToLine());

    [Fact]
    public void A_refusal_is_read_as_it_is_written() =>
        Assert.Equal(
            UploadReceipt.Refused("an upload has at most 1000 bytes"),
            UploadReceipt.Parse(GoldenBytes.Of("upload-refused").AsSpan()[..^1]));

    [Fact]
    public void Control_characters_in_a_refusal_are_escaped() =>
        Assert.Equal("\\u001B[2Jgone", UploadReceipt.Parse("ERROR \u001b[2Jgone"u8).Refusal);

    [Fact]
    public void A_long_reason_is_cut_to_the_line_limit()
    {
        byte[] line = UploadReceipt.Refused(new string('x', 1000)).ToLine();

        Assert.Equal(UploadReceipt.LineLimit, line.Length);
        Assert.Equal((byte)'\n', line[^1]);
    }

    [Fact]
    public void A_reason_of_several_lines_becomes_one() =>
        Assert.Equal("ERROR one two\n", Encoding.ASCII.GetString(UploadReceipt.Refused("one\ntwo").ToLine()));

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("OK")]
    [InlineData("OK 7.file 5")]
    [InlineData($"ok 7.file 5 sha256:{HashOfHello}")]
    [InlineData($"OK 07.file 5 sha256:{HashOfHello}")]
    [InlineData($"OK ../7.file 5 sha256:{HashOfHello}")]
    [InlineData($"OK 7.file -5 sha256:{HashOfHello}")]
    [InlineData($"OK 7.file 99999999999999999999 sha256:{HashOfHello}")]
    [InlineData($"OK 7.file 5 sha256:{HashOfHello} sunk")]
    [InlineData($"OK 7.file 5 sha256:{HashOfHello} synced twice")]
    [InlineData("OK 7.file 5 none synced twice")]
    public void A_malformed_receipt_is_rejected(string line) =>
        Refuses(line, "the server's answer is not a receipt; is it an upload server?");

    [Theory]
    [InlineData("md5:5d41402abc4b2a76b9719d911017c592")]
    [InlineData("SHA256:00")]
    [InlineData("None")]
    [InlineData("none:")]
    [InlineData("\u001b[2J:00", "\\u001B[2J:00")]
    [InlineData("")]
    public void An_unknown_hash_is_named(string hash, string? printed = null) => Refuses(
        $"OK 7.file 5 {hash}",
        $"unknown hash in the receipt: '{printed ?? hash}'; known are sha256, xxh128 and none");

    [Theory]
    [InlineData("sha256:2cf24dba")]
    [InlineData("sha256:")]
    [InlineData("sha256")]
    [InlineData("sha256:gcf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")]
    [InlineData("sha256:2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824")]
    [InlineData($"xxh128:{HashOfHello}")]
    [InlineData("xxh128:b5e9c1ad071b3e7fc779cfaa5e52381")]
    [InlineData("xxh128:b5e9c1ad071b3e7f:779cfaa5e523818")]
    public void A_malformed_hash_is_named(string hash) =>
        Refuses($"OK 7.file 5 {hash}", $"malformed hash in the receipt: '{hash}'");

    [Fact]
    public void A_carriage_return_is_not_part_of_a_hash() =>
        Refuses($"OK 7.file 5 sha256:{HashOfHello}\r", $"malformed hash in the receipt: 'sha256:{HashOfHello}\\u000D'");

    private static UploadDigest? HelloHashedBy(UploadHash function)
    {
        if (function == UploadHash.None)
            return null;
        using var hasher = new UploadHasher(function);
        hasher.Append("hello"u8);
        return hasher.Finish();
    }

    private static void Refuses(string line, string why) => Assert.Equal(
        why, Assert.Throws<ProtocolException>(() => UploadReceipt.Parse(Encoding.Latin1.GetBytes(line))).Message);
}
