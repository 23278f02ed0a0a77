using Hawser.Native;

namespace Hawser;

/// <summary>The descriptors that this process may have (RLIMIT_NOFILE) and has.</summary>
public static class DescriptorLimit
{
    /// <summary>Descriptors in use; 0 if unknown.</summary>
    public static int CountUsed() =>
        OperatingSystem.IsLinux() ? Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() : 0;

    /// <summary>Reads the limit in force.</summary>
    /// <returns>Null if unknown or unlimited.</returns>
    public static long? Read() => SystemFile.ReadProcessLimit("Max open files");
}
