using Hawser.Native;

namespace Hawser.Services;

/// <summary>Refuses paths whose open would block for ever.</summary>
internal static class RegularFile
{
    /// <summary>Throws if the path names a pipe. A missing file passes, and so does a device.</summary>
    /// <exception cref="IOException">A pipe: nothing may ever read or write its other end.</exception>
    public static void Require(string path)
    {
        if (IsPipe(path))
            throw new IOException($"{path} is a pipe, not a file");
    }

    /// <summary>Whether the path names a pipe. False where the system does not tell.</summary>
    public static bool IsPipe(string path) =>
        OperatingSystem.IsLinux() && FileIdentity.OfTarget(path) is { Kind: FileKind.Pipe };

    /// <summary>Whether there is something else than a regular file, such as a device, which must not be replaced. False
    /// where the system does not tell.</summary>
    public static bool IsOther(string path) =>
        OperatingSystem.IsLinux() && FileIdentity.OfTarget(path) is { Kind: not FileKind.Regular };
}
