using Hawser.App.Serving;
using Hawser.App.Tls;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Serving;

/// <summary>When files are read again.</summary>
public sealed class FileSetTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Changed_files_are_read_once_they_rest()
    {
        Write("one");
        FileSet set = Read();
        Assert.Null(set.ReadAgain(isAsked: false));
        Assert.Null(set.ReadAgain(isAsked: false));

        Write("second");
        Assert.Null(set.ReadAgain(isAsked: false));
        Write("the third");
        Assert.Null(set.ReadAgain(isAsked: false));
        Assert.Equal(["the third"], set.ReadAgain(isAsked: false));
        Assert.Null(set.ReadAgain(isAsked: false));
    }

    [Fact]
    public void Who_asks_gets_them_at_once()
    {
        Write("one");
        FileSet set = Read();

        Assert.Equal(["one"], set.ReadAgain(isAsked: true));
        Write("second");
        Assert.Equal(["second"], set.ReadAgain(isAsked: true));
        Assert.Null(set.ReadAgain(isAsked: false));
    }

    [Fact]
    public void A_bad_file_is_reported_once_per_change()
    {
        Write("one");
        FileSet set = Read();

        File.Delete(_folder["file"]);
        Assert.Null(set.ReadAgain(isAsked: false));
        Assert.Throws<FormatException>(() => set.ReadAgain(isAsked: false));
        Assert.Null(set.ReadAgain(isAsked: false));
        Assert.Throws<FormatException>(() => set.ReadAgain(isAsked: true));
        Write("good again");
        Assert.Null(set.ReadAgain(isAsked: false));
        Assert.Equal(["good again"], set.ReadAgain(isAsked: false));
    }

    /// <summary>As Kubernetes replaces secrets: the link stays, what it leads to changes.</summary>
    [Fact]
    public void A_link_is_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege");
        _folder.Write("old", "one"u8.ToArray());
        _folder.Write("new", "second"u8.ToArray());
        File.CreateSymbolicLink(_folder["data"], _folder["old"]);
        File.CreateSymbolicLink(_folder["file"], _folder["data"]);
        FileSet set = Read();

        File.Delete(_folder["data"]);
        File.CreateSymbolicLink(_folder["data"], _folder["new"]);

        Assert.Null(set.ReadAgain(isAsked: false));
        Assert.Equal(["second"], set.ReadAgain(isAsked: false));
    }

    [Fact]
    public void A_pipe_in_the_place_of_a_file_is_not_opened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "named pipes are of Linux");
        Write("one");
        FileSet set = Read();
        File.Delete(_folder["file"]);
        NamedPipe.Create(_folder["file"]);

        Assert.Null(set.ReadAgain(isAsked: false));
        Assert.Equal("--tls-cert: " + _folder["file"] + ": not a regular file",
            Assert.Throws<FormatException>(() => PemFile.Read("--tls-cert", _folder["file"])).Message);
    }

    private void Write(string text) => File.WriteAllText(_folder["file"], text);

    private FileSet Read() => new([_folder["file"]], () => File.Exists(_folder["file"])
        ? [File.ReadAllText(_folder["file"])]
        : throw new FormatException("no such file"));
}
