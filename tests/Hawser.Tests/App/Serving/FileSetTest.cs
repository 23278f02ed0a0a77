using System.Security.Cryptography;
using Hawser.App.Reloading;
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

    /// <summary>A rotated token has the length of the old one.</summary>
    [Fact]
    public void A_change_of_the_same_length_is_read()
    {
        Write("old token");
        FileSet set = Read();

        Write("new token");
        // However coarse the clock of the file system is.
        File.SetLastWriteTimeUtc(_folder["file"], File.GetLastWriteTimeUtc(_folder["file"]).AddSeconds(1));

        Assert.Null(set.ReadAgain(isAsked: false));
        Assert.Equal(["new token"], set.ReadAgain(isAsked: false));
    }

    [Fact]
    public void Whatever_a_reading_throws_is_a_warning()
    {
        using var files = new ReloadedFiles();
        using var warnings = new StringWriter { NewLine = "\n" };
        files.Add(new FileSet([], () => throw new CryptographicException("bad\nkey")), TextWriter.Null, warnings);
        files.Add(new FileSet([], () => ["read"]), warnings, TextWriter.Null);

        files.ReadAgain(isAsked: true);

        Assert.Equal("WARNING: bad key; the old ones stay in force\nread again: read\n", warnings.ToString());
    }

    [Fact]
    public async Task While_a_reading_hangs_the_next_are_left_out()
    {
        using var go = new ManualResetEventSlim();
        using var hangs = new SemaphoreSlim(0);
        using var files = new ReloadedFiles();
        files.Add(new FileSet([], () =>
        {
            hangs.Release();
            // Longer than the bound below.
            go.Wait(ProgramProcess.Limit);
            return [];
        }), TextWriter.Null, TextWriter.Null);
        Task reading = Task.Run(() => files.ReadAgain(isAsked: true));
        await hangs.WaitAsync().Bounded();

        await Task.Run(() => files.ReadAgain(isAsked: false)).Bounded();

        Assert.False(reading.IsCompleted);
        go.Set();
        await reading.Bounded();
    }

    [Fact]
    public void A_requested_reload_returns_changed_files_at_once()
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
