namespace Hawser.Tests.Support;

/// <summary>The repository this was built from.</summary>
internal static class ProgramRepository
{
    public static string Root { get; } = FindRoot();

    /// <summary>A file's path within it.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The C# files below a folder, without generated ones, relative to the root.</summary>
    public static IEnumerable<string> SourceFiles(params string[] folders) =>
        from folder in folders
        from path in Directory.EnumerateFiles(PathOf(folder), "*.cs", SearchOption.AllDirectories)
        let name = Path.GetRelativePath(Root, path).Replace('\\', '/')
        where !name.Contains("/obj/", StringComparison.Ordinal) && !name.Contains("/bin/", StringComparison.Ordinal)
        select name;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Hawser.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("the tests run outside of the repository");
        return folder.FullName;
    }
}
