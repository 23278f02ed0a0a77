using System.Runtime.Versioning;

namespace Hawser.Native;

/// <summary>What the engine may use of the system.</summary>
internal static class Platform
{
    /// <summary>The switch (<see cref="AppContext"/>) under which Linux takes the paths of other systems; for
    /// tests.</summary>
    public const string PortableSwitch = "Hawser.PortablePaths";

    /// <summary>Linux's own calls may be used.</summary>
    [SupportedOSPlatformGuard("linux")]
    public static bool IsLinux { get; } =
        OperatingSystem.IsLinux() && !(AppContext.TryGetSwitch(PortableSwitch, out bool isPortable) && isPortable);
}
