using System.Net.Sockets;
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
    [InlineData("/run/user/1000", "/run/other", "/run/user/1000/hawser")]
    [InlineData(null, "/run/hawser:/run/other", "/run/hawser/status")]
    [InlineData("", "/run/hawser", "/run/hawser/status")]
    public void It_is_the_users_or_the_units(string? ofUser, string? ofUnit, string expected) => Assert.Equal(
        expected, StatusFolder.Locate(variable => variable == "XDG_RUNTIME_DIR" ? ofUser : ofUnit));

    [Fact]
    public void A_path_is_one_socket_or_a_directory()
    {
        using var folder = new TemporaryFolder();
        string one = folder.Write("3.sock", []);
        string other = folder.Write("own", []);

        Assert.Equal([(3, one)], StatusFolder.Find(folder.Root));
        Assert.Equal([(3, one)], StatusFolder.Find(one));
        Assert.Equal([(0, other)], StatusFolder.Find(other));
        Assert.Throws<IOException>(() => StatusFolder.Find(folder["missing"]));
    }

    [Fact]
    public async Task A_socket_on_which_a_server_listens_is_left_alone()
    {
        using var folder = new TemporaryFolder();
        string path = StatusFolder.Prepare(folder["hawser"]);
        var errors = new StringWriter();
        using (var living = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            living.Bind(new UnixDomainSocketEndPoint(path));
            living.Listen();

            Assert.Null(StatusSocket.TryListen(folder["hawser"], errors));

            Assert.Contains($"{path}: another server listens there", $"{errors}", StringComparison.Ordinal);
            using RawClient client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path));
            // It leaves its socket, as after a crash.
            File.Move(path, folder["kept"]);
        }
        File.Move(folder["kept"], path);

        await using StatusSocket? next = StatusSocket.TryListen(folder["hawser"], errors);

        Assert.NotNull(next);
        using RawClient second = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path));
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
