using Hawser.App.CommandLine;
using Hawser.Services;

namespace Hawser.App.Tls;

/// <summary>A file that an option names, and its content.</summary>
/// <param name="Option">With its dashes.</param>
/// <param name="Path">As on the command line.</param>
/// <param name="Bytes">The content.</param>
internal sealed record PemFile(string Option, string Path, byte[] Bytes)
{
    private const int LongestBytes = 1024 * 1024;

    /// <summary>Reads the file.</summary>
    /// <exception cref="FormatException">It cannot be read; the message names the option and the file.</exception>
    public static PemFile Read(string option, string path)
    {
        // Opening a pipe would wait for a writer.
        string? why = RegularFile.IsPipe(path) ? "not a regular file" : UsageException.WhyNoFile(path);
        try
        {
            if (why is null)
            {
                using FileStream file = File.OpenRead(path);
                if (file.CanSeek && file.Length <= LongestBytes)
                {
                    byte[] bytes = new byte[file.Length];
                    int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
                    return new PemFile(option, path, bytes[..length]);
                }
                why = file.CanSeek ? $"larger than {LongestBytes} bytes" : "not a regular file";
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = e.Message;
        }
        throw new FormatException($"{option}: {path}: {why}");
    }
}
