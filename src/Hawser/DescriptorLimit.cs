using Hawser.Native;

namespace Hawser;

/// <summary>How many descriptors this process may have (RLIMIT_NOFILE), and has.</summary>
public static class DescriptorLimit
{
    /// <summary>Descriptors in use; 0 where that is not known.</summary>
    public static int CountUsed() =>
        OperatingSystem.IsLinux() ? Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() : 0;

    /// <summary>Reads the limit in force.</summary>
    /// <returns>Null where it is not known, or there is none.</returns>
    public static long? Read() => SystemFile.ReadProcessLimit("Max open files");
}
