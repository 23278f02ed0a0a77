using System.Runtime.Versioning;

namespace Hawser.Native;

/// <summary>Which system calls the engine may use.</summary>
internal static class Platform
{
    /// <summary>The <see cref="AppContext"/> switch with which Linux takes the paths of other systems; for
    /// tests.</summary>
    public const string PortableSwitch = "Hawser.PortablePaths";

    /// <summary>Linux-specific calls may be used.</summary>
    [SupportedOSPlatformGuard("linux")]
    public static bool IsLinux { get; } =
        OperatingSystem.IsLinux() && !(AppContext.TryGetSwitch(PortableSwitch, out bool isPortable) && isPortable);
}
