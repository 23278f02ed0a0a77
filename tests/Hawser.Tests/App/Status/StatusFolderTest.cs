using System.Runtime.Versioning;
using Hawser.App.Status;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Status;

/// <summary>The runtime directory is its user's alone.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class StatusFolderTest
{
    private const UnixFileMode UserOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Fact]
    public void It_is_made_for_the_user_alone_and_lists_sockets_of_processes()
    {
        using var folder = new TemporaryFolder();
        string path = StatusFolder.Prepare(folder["hawser"]);

        Assert.Equal(UserOnly, File.GetUnixFileMode(folder["hawser"]));
        Assert.Equal(folder[$"hawser/{Environment.ProcessId}.sock"], path);
        Assert.Equal(path, StatusFolder.Prepare(folder["hawser"]));
        foreach (string name in (string[])["20.sock", "3.sock", "x.sock", "-1.sock", "0.sock", "4.txt", ".sock"])
            folder.Write($"hawser/{name}", []);
        Assert.Equal(
            [(3, folder["hawser/3.sock"]), (20, folder["hawser/20.sock"])], StatusFolder.List(folder["hawser"]));
        Assert.Empty(StatusFolder.List(folder["missing"]));
    }

    [Theory]
    [InlineData("missing", "no such directory")]
    [InlineData("file", "already exists")]
    [InlineData("link", "not a directory of this user")]
    [InlineData("foreign", "not a directory of this user")]
    [InlineData("open", "open to other users")]
    [InlineData("long", "longer than 103 bytes")]
    public void Another_directory_is_refused(string what, string error)
    {
        using var folder = new TemporaryFolder();
        string path = folder["hawser"];
        switch (what)
        {
            case "missing":
                path = folder["missing/hawser"];
                break;
            case "file":
                File.WriteAllText(path, "");
                break;
            case "link":
                File.CreateSymbolicLink(path, folder.Root);
                break;
            case "foreign":
                Assert.SkipWhen(Environment.UserName == "root", "every directory is root's");
                path = "/usr";
                break;
            case "open":
                File.SetUnixFileMode(Directory.CreateDirectory(path).FullName, UserOnly | UnixFileMode.GroupWrite);
                break;
            case "long":
                path = folder[new string('x', 100)];
                break;
        }

        IOException refused = Assert.Throws<IOException>(() => StatusFolder.Prepare(path));

        Assert.Contains(error, refused.Message, StringComparison.Ordinal);
        if (what is "link" or "open" or "foreign")
            Assert.Throws<IOException>(() => StatusFolder.List(path));
    }

    [Fact]
    public void Only_the_socket_of_a_process_that_has_ended_is_removed()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("1.sock", []);

        StatusFolder.RemoveStale(Environment.ProcessId, path);
        Assert.True(File.Exists(path));
        StatusFolder.RemoveStale(int.MaxValue, path);
        Assert.False(File.Exists(path));
    }
}
