namespace Hawser.Bench.Programs;

/// <summary>A file of random bytes, to be sent.</summary>
internal static class SourceFile
{
    private const int ChunkBytes = 1024 * 1024;

    /// <summary>Writes it; afterwards it is in the page cache and on the disk.</summary>
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
        // Else its write-back would go on beside the first rounds.
        source.Flush(flushToDisk: true);
    }

    /// <exception cref="BenchException">What was received is not, to the byte, what was sent.</exception>
    public static void Check(string received, string source)
    {
        using FileStream one = File.OpenRead(received);
        using FileStream other = File.OpenRead(source);
        if (one.Length != other.Length)
            throw new BenchException($"{one.Length} of {other.Length} bytes were received");
        byte[] oneChunk = new byte[ChunkBytes];
        byte[] otherChunk = new byte[ChunkBytes];
        while (one.ReadAtLeast(oneChunk, ChunkBytes, throwOnEndOfStream: false) is var read and > 0)
        {
            other.ReadExactly(otherChunk, 0, read);
            if (!oneChunk.AsSpan(0, read).SequenceEqual(otherChunk.AsSpan(0, read)))
                throw new BenchException($"other bytes were received than sent, before byte {one.Position}");
        }
    }
}
