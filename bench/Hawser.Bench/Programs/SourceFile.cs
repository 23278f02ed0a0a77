namespace Hawser.Bench.Programs;

/// <summary>A file of random bytes to send.</summary>
internal static class SourceFile
{
    private const int ChunkBytes = 1024 * 1024;

    /// <summary>Writes the file to the page cache and to disk.</summary>
    public static void Write(string path, int mebibytes)
    {
        var random = new Random(1);
        byte[] chunk = new byte[ChunkBytes];
        using FileStream source = File.Create(path);
        for (int i = 0; i < mebibytes; i++)
        {
            random.NextBytes(chunk);
            source.Write(chunk);
        }
        // Otherwise write-back would disturb the first rounds.
        source.Flush(flushToDisk: true);
    }

    /// <summary>Compares a received file with its source.</summary>
    /// <exception cref="BenchException">They differ.</exception>
    public static void Check(string received, string source)
    {
        using FileStream one = File.OpenRead(received);
        using FileStream other = File.OpenRead(source);
        if (one.Length != other.Length)
            throw new BenchException($"received {one.Length} of {other.Length} bytes");
        byte[] oneChunk = new byte[ChunkBytes];
        byte[] otherChunk = new byte[ChunkBytes];
        while (one.ReadAtLeast(oneChunk, ChunkBytes, throwOnEndOfStream: false) is var read and > 0)
        {
            other.ReadExactly(otherChunk, 0, read);
            if (!oneChunk.AsSpan(0, read).SequenceEqual(otherChunk.AsSpan(0, read)))
                throw new BenchException($"received bytes differ from those sent, before byte {one.Position}");
        }
    }
}
