using System.Globalization;
using System.Text;
using Hawser.App.CommandLine;
using Hawser.Native;

namespace Hawser.App.Status;

/// <summary>The runtime directory, where each running <c>hawser serve</c> of the user has a socket named after its
/// process: <c>$XDG_RUNTIME_DIR/hawser</c>, in a unit of systemd <c>$RUNTIME_DIRECTORY/status</c>, or <c>hawser-UID</c>
/// in the temporary directory.</summary>
internal static class StatusFolder
{
    public const UnixFileMode SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode FolderMode = SocketMode | UnixFileMode.UserExecute;

    private const string Extension = ".sock";

    // S_IFMT and S_IFDIR, and the permissions of all but the owner.
    private const int TypeMask = 0xF000;
    private const int FolderType = 0x4000;
    private const int OthersMask = 0b111_111;

    /// <summary>Its path, from the environment.</summary>
    public static string Location => Locate(Environment.GetEnvironmentVariable);

    /// <summary>Its path.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    public static string Locate(Func<string, string?> variable) =>
        variable("XDG_RUNTIME_DIR") is { } runtime && Path.IsPathFullyQualified(runtime)
            ? Path.Combine(runtime, "hawser")
        // A list, systemd.exec(5).
        : variable("RUNTIME_DIRECTORY")?.Split(':')[0] is { } own && Path.IsPathFullyQualified(own)
            ? Path.Combine(own, "status")
        : Path.Combine(
            Path.GetTempPath(), OperatingSystem.IsWindows() ? "hawser" : string.Create(
                CultureInfo.InvariantCulture, $"hawser-{ProcessUser.Own()}"));

    /// <summary>Creates the directory if there is none.</summary>
    /// <returns>The path of the socket of this process.</returns>
    /// <exception cref="IOException">It is not the user's alone, or the path is too long.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be created.</exception>
    public static string Prepare(string folder)
    {
        string? parent = Path.GetDirectoryName(folder);
        if (!Directory.Exists(parent))
            throw new IOException($"no such directory: {parent}");
        string path = Path.Combine(folder, $"{Environment.ProcessId}{Extension}");
        if (Encoding.UTF8.GetByteCount(path) > ServerAddress.LongestUnixPathBytes)
            throw new IOException($"{path}: longer than {ServerAddress.LongestUnixPathBytes} bytes");
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, FolderMode);
        Check(folder, isChosen: false);
        return path;
    }

    /// <summary>The sockets at a path that the user has chosen.</summary>
    /// <param name="path">One socket, or a directory of them.</param>
    /// <exception cref="IOException">There is nothing, or the directory is not the user's alone.</exception>
    public static IReadOnlyList<(int Process, string Path)> Find(string path) =>
        Directory.Exists(path) ? List(path)
        : File.Exists(path) ? [(ProcessOf(path), path)]
        : throw new IOException($"{path}: no such socket or directory");

    /// <summary>The sockets, by the id of their process.</summary>
    /// <exception cref="IOException">The directory is not the user's alone. Root may look into those of others.
    /// </exception>
    public static IReadOnlyList<(int Process, string Path)> List(string folder)
    {
        if (!Directory.Exists(folder))
            return [];
        Check(folder, isChosen: true);
        return
        [
            .. Directory.EnumerateFiles(folder, $"*{Extension}")
                .Select(path => (Process: ProcessOf(path), Path: path))
                .Where(socket => socket.Process > 0)
                .OrderBy(socket => socket.Process),
        ];
    }

    /// <summary>Removes the socket of a process that has ended without doing so.</summary>
    /// <param name="process">The process.</param>
    /// <param name="path">A socket on which it does not listen.</param>
    public static void RemoveStale(int process, string path)
    {
        // A server that starts has bound its socket a moment before it listens.
        if (!IsRunning(process))
            Remove(path);
    }

    /// <summary>Removes a socket.</summary>
    public static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next client finds it stale.
        }
    }

    /// <summary>The process that a socket's name has; 0 for another name.</summary>
    public static int ProcessOf(string path) => int.TryParse(
        Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out int process)
        ? process
        : 0;

    /// <exception cref="IOException">Another user may change what is in the directory.</exception>
    private static void Check(string folder, bool isChosen)
    {
        if (OperatingSystem.IsLinux())
        {
            if (FileIdentity.PermissionsOf(folder) is not { } status)
                throw new IOException($"{folder}: cannot read its owner");
            uint user = ProcessUser.Own();
            if ((status.Mode & TypeMask) != FolderType || (status.Owner != user && !(isChosen && user == 0)))
                throw new IOException($"{folder}: not a directory of this user{(isChosen ? "" : "; remove it")}");
            if ((status.Mode & OthersMask) != 0)
                throw new IOException($"{folder}: open to other users"
                    + (isChosen ? ", who may have put sockets there; name one" : "; chmod it to 700"));
        }
        else if (!OperatingSystem.IsWindows())
        {
            // Only its owner may.
            File.SetUnixFileMode(folder, FolderMode);
        }
    }

    private static bool IsRunning(int process)
    {
        try
        {
            using var running = System.Diagnostics.Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
