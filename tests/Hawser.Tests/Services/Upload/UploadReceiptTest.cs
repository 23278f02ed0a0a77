using System.Text;
using Hawser.Services.Upload;
using Xunit;

namespace Hawser.Tests.Services.Upload;

public sealed class UploadReceiptTest
{
    private const string HashOfHello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    [Fact]
    public void The_receipt_of_a_stored_file_is_the_line_of_the_protocol() =>
        Assert.Equal(
            GoldenBytes.Of("upload-stored"), UploadReceipt.Stored("7.file", 5, HashOfHello, synced: false).ToLine());

    [Fact]
    public void The_receipt_of_a_synced_file_says_so() =>
        Assert.Equal(
            GoldenBytes.Of("upload-synced"), UploadReceipt.Stored("7.file", 5, HashOfHello, synced: true).ToLine());

    [Fact]
    public void The_receipt_of_a_refused_upload_says_why() =>
        Assert.Equal(
            GoldenBytes.Of("upload-refused"), UploadReceipt.Refused("an upload has at most 1000 bytes").ToLine());

    [Theory]
    [InlineData("upload-stored", false)]
    [InlineData("upload-synced", true)]
    public void A_receipt_is_read_as_it_is_written(string dump, bool synced)
    {
        UploadReceipt receipt = UploadReceipt.Parse(GoldenBytes.Of(dump).AsSpan()[..^1]);

        Assert.Equal(UploadReceipt.Stored("7.file", 5, HashOfHello, synced), receipt);
    }

    [Fact]
    public void A_refusal_is_read_as_it_is_written() =>
        Assert.Equal(
            UploadReceipt.Refused("an upload has at most 1000 bytes"),
            UploadReceipt.Parse(GoldenBytes.Of("upload-refused").AsSpan()[..^1]));

    [Fact]
    public void A_refusal_cannot_write_on_the_terminal() =>
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
    [InlineData("OK 7.file 5 sha256:2cf24dba")]
    [InlineData("OK 7.file 5 sha256:gcf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")]
    [InlineData($"ok 7.file 5 sha256:{HashOfHello}")]
    [InlineData($"OK 07.file 5 sha256:{HashOfHello}")]
    [InlineData($"OK ../7.file 5 sha256:{HashOfHello}")]
    [InlineData($"OK 7.file -5 sha256:{HashOfHello}")]
    [InlineData($"OK 7.file 99999999999999999999 sha256:{HashOfHello}")]
    [InlineData($"OK 7.file 5 sha256:{HashOfHello} sunk")]
    [InlineData($"OK 7.file 5 sha256:{HashOfHello} synced twice")]
    [InlineData($"OK 7.file 5 md5:{HashOfHello}")]
    [InlineData($"OK 7.file 5 sha256:{HashOfHello}\r")]
    [InlineData("OK 7.file 5 sha256:2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824")]
    public void What_is_not_a_receipt_is_refused(string line) =>
        Assert.Throws<ProtocolException>(() => UploadReceipt.Parse(Encoding.Latin1.GetBytes(line)));
}
