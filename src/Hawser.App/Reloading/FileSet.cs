using Hawser.Native;
using Microsoft.Win32.SafeHandles;

namespace Hawser.App.Reloading;

/// <summary>Files that a running server reads again together, such as a certificate and its key.</summary>
/// <param name="paths">The files.</param>
/// <param name="read">Reads and publishes them; returns a line for the log. Throws <see cref="FormatException"/> if one
/// is bad, and then publishes nothing.</param>
internal sealed class FileSet(IReadOnlyList<string> paths, Func<IEnumerable<string>> read)
{
    private (DateTime Written, long Length)[] _read = Look(paths);
    private (DateTime Written, long Length)[] _seen = [];

    /// <summary>Reads the files if they have changed since they were read, and not since the last call: a certificate
    /// and its key are replaced one after the other.</summary>
    /// <param name="isAsked">Read them in any case.</param>
    /// <returns>Lines for the log; null if there was nothing to read.</returns>
    /// <exception cref="FormatException">A file is bad. It is not read again until one changes.</exception>
    public IReadOnlyList<string>? ReadAgain(bool isAsked)
    {
        // Before the files are read, so that a change meanwhile is noticed next time.
        (DateTime, long)[] now = Look(paths);
        bool isSettled = now.SequenceEqual(_seen);
        _seen = now;
        if (!isAsked && (!isSettled || now.SequenceEqual(_read)))
            return null;
        _read = now;
        return [.. read()];
    }

    private static (DateTime, long)[] Look(IReadOnlyList<string> paths) => [.. paths.Select(Look)];

    /// <summary>Of the file itself, not of a link to it. A missing file has a stamp as well.</summary>
    private static (DateTime, long) Look(string path)
    {
        // Opening a pipe would wait for a writer.
        if (OperatingSystem.IsLinux() && FileIdentity.OfTarget(path) is { Kind: not FileKind.Regular })
            return (default, -1);
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
            return (File.GetLastWriteTimeUtc(file), RandomAccess.GetLength(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return (default, -1);
        }
    }
}
