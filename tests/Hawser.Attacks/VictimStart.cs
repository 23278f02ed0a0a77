namespace Hawser.Attacks;

/// <summary>How a server is started for one attack.</summary>
/// <param name="Program">The published <c>hawser</c>.</param>
/// <param name="Service">What it serves.</param>
/// <param name="Model">Its concurrency model.</param>
/// <param name="Folder">An empty folder for its files.</param>
internal sealed record VictimStart(string Program, string Service, string Model, string Folder)
{
    /// <summary>The server's own bound on a stop.</summary>
    public static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Further options.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>The hard limit of descriptors; null: this process's own.</summary>
    public int? Descriptors { get; init; }

    /// <summary>Mounts a file system of that many megabytes over <see cref="Folder"/>, for the server alone; needs
    /// root.</summary>
    public int? DiskMegabytes { get; init; }

    /// <summary>Nobody reads its standard output any more once it listens.</summary>
    public bool OutputUnread { get; init; }

    /// <summary>Nobody reads its standard error any more once it listens.</summary>
    public bool ErrorsUnread { get; init; }

    /// <summary>The command line.</summary>
    public string[] Command()
    {
        string[] place = Service switch
        {
            "message" => ["0"],
            "upload" => ["0", Folder],
            "clock" => ["--port", "0", "--out", Folder],
            _ => ["--port", "0"],
        };
        string[] server =
        [
            Program, "serve", Service, .. place, "--host", "127.0.0.1", "--model", Model,
            "--drain-timeout", $"{DrainTimeout.TotalSeconds}s", .. Options,
        ];
        if (Descriptors is { } descriptors)
            server = ["/bin/sh", "-c", "ulimit -n $0 && exec \"$@\"", $"{descriptors}", .. server];
        if (DiskMegabytes is not { } size)
            return server;
        // The mount is the server's own and gone with it.
        return
        [
            "unshare", "--mount", "/bin/sh", "-c", "mount -t tmpfs -o size=$0m none \"$1\" && shift && exec \"$@\"",
            $"{size}", Folder, .. server,
        ];
    }
}
