namespace Hawser.Tests.Support;

/// <summary>An empty folder, deleted with its content on disposal.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hawser-test-");

    public string Root => _folder.FullName;

    /// <summary>A path in it.</summary>
    public string this[string name] => Path.Combine(Root, name);

    /// <summary>Makes a file in it.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, byte[] content)
    {
        File.WriteAllBytes(this[name], content);
        return this[name];
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
