namespace Hawser.Services;

/// <summary>A folder that a service or client writes to.</summary>
internal static class OutputFolder
{
    /// <summary>Creates the folder if it is missing.</summary>
    /// <returns>Its absolute path.</returns>
    /// <exception cref="IOException">A part of the path is not a folder, or the folder cannot be created.</exception>
    public static string Create(string path)
    {
        string full = Path.GetFullPath(path);
        for (string? part = full; part is not null; part = Path.GetDirectoryName(part))
        {
            if (File.Exists(part))
                throw new IOException($"cannot write to {path}: {part} is a file, not a folder");
        }
        return Directory.CreateDirectory(full).FullName;
    }
}
