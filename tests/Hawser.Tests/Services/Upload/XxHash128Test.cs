using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Upload;

public sealed class XxHash128Test
{
    private const int LongestBytes = 1000;

    // SHA-256 of what xxh128sum prints for the first 0, 1, 2 ... 1000 bytes of Content, a line of 32 digits each:
    // for n in $(seq 0 1000); do head -c $n content | xxh128sum | cut -c1-32; done | sha256sum
    private const string HashOfHashes = "d99e36b35e10df26479fc996382d6d87a24bf8083a81de5759d39a62d3c7a824";

    private static readonly byte[] Content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)((uint)i * 2654435761u >> 24))];

    [Fact]
    public void Every_length_up_to_1000_has_the_hash_of_xxh128sum()
    {
        string lines = string.Concat(Enumerable.Range(0, LongestBytes + 1).Select(length => $"{HashOf(length)}\n"));

        Assert.Equal(HashOfHashes, Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(lines))));
    }

    [Fact]
    public void A_long_input_has_the_hash_of_xxh128sum() =>
        Assert.Equal("f725637f4283c98ab0d5097518f13a2a", HashOf(Content.Length));

    [Fact]
    public async Task It_agrees_with_the_installed_xxh128sum()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/xxh128sum"), "xxh128sum is not installed; see Debian's xxhash");
        using var folder = new TemporaryFolder();
        var random = new Random(1);
        int[] lengths =
        [
            .. Enumerable.Range(0, LongestBytes + 1), .. Enumerable.Range(0, 40).Select(_ => random.Next(Content.Length)),
            1023, 1024, 1025, 1087, 1088, 1089, 2047, 2048, 2049,
        ];
        string[] files = [.. lengths.Select((length, n) => folder.Write($"{n}", Content[..length]))];
        using Process process = Process.Start(new ProcessStartInfo("/usr/bin/xxh128sum", files)
        {
            RedirectStandardOutput = true,
        })!;
        string[] lines = (await process.StandardOutput.ReadToEndAsync().Bounded()).TrimEnd().Split('\n');

        Assert.Equal(lengths.Select(HashOf), lines.Select(line => line[..32]));
    }

    [Fact]
    public void However_the_input_is_split_the_hash_is_the_same()
    {
        var random = new Random(2);
        for (int run = 0; run < 500; run++)
        {
            int longestPiece = 1 << random.Next(1, 17);
            int length = random.Next(Math.Min(300 * longestPiece, Content.Length));
            var hash = new XxHash128();
            for (int begin = 0; begin < length;)
            {
                int count = Math.Min(random.Next(longestPiece), length - begin);
                hash.Append(Content.AsSpan(begin, count));
                begin += count;
                // Asking does not disturb.
                if (random.Next(50) == 0)
                    Assert.Equal(HashOf(begin), hash.ToHex());
            }
            Assert.Equal(HashOf(length), hash.ToHex());
        }
    }

    private static string HashOf(int length)
    {
        var hash = new XxHash128();
        hash.Append(Content.AsSpan(0, length));
        return hash.ToHex();
    }
}
