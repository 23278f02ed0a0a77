using Hawser.App.CommandLine;
using Hawser.App.Reloading;

namespace Hawser.App.Tls;

/// <summary>A shared secret in a file.</summary>
internal static class TokenFile
{
    /// <summary>Reads it.</summary>
    /// <param name="option">Names the file on the command line.</param>
    /// <param name="path">The file.</param>
    /// <param name="files">Receives it, to be read again.</param>
    /// <returns>The secret in force.</returns>
    /// <exception cref="UsageException">The file is bad.</exception>
    public static Func<byte[]> Read(string option, string path, ICollection<FileSet> files)
    {
        byte[]? secret = null;
        files.Add(new FileSet([path], () =>
        {
            Volatile.Write(ref secret, Read());
            return [$"{option}: {path}"];
        }));
        secret = UsageException.Guard(Read);
        return () => Volatile.Read(ref secret)!;

        byte[] Read() => PemFiles.ReadSecret(PemFile.Read(option, path));
    }
}
