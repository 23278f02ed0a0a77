using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Hawser.Limits;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Limits;

/// <summary>Who may connect to a Unix domain socket.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class UnixPeerTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, Models]
    public async Task Processes_of_other_users_are_refused(string model)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the system must tell the user");
        uint user = geteuid();
        await using (TestServer open = Start(model, new HashSet<uint> { user + 1, user }))
            await EchoAsync(open);
        await using TestServer closed = Start(model, new HashSet<uint> { user + 1 });

        using RawClient refused = await RawClient.ConnectAsync(closed.EndPoint);
        await Patience.UntilAsync(() => closed.Observer.Refusals.Count == 1);

        Assert.Equal(RefusalReason.UserNotAllowed, closed.Observer.Refusals.Single().Reason);
        Assert.Equal(1, closed.Server.ReadLimits().Single(use => use.Name == nameof(ServerLimits.AllowUsers)).Hits);
        Assert.Empty(closed.Observer.AcceptedOnes);
    }

    [Fact]
    public async Task A_user_list_does_not_apply_to_TCP_peers()
    {
        await using TestServer server = TestServer.Start("async", Handlers.EchoAsync, options => options with
        {
            Limits = TestServer.Limits with { AllowUsers = new HashSet<uint>() },
            Layers = [],
        });
        await EchoAsync(server);
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData((UnixFileMode)0x1B0)]
    public async Task The_socket_has_its_mode(UnixFileMode mode)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the mode is of the file");
        await using TestServer server = Start("async", null, mode);
        Assert.Equal(mode, File.GetUnixFileMode(_folder["socket"]));
        await EchoAsync(server);
    }

    private TestServer Start(string model, IReadOnlySet<uint>? users, UnixFileMode? mode = null) => TestServer.Start(
        model, Handlers.EchoAsync, options => options with
        {
            EndPoints = [new UnixDomainSocketEndPoint(_folder["socket"])],
            SocketMode = mode,
            Limits = TestServer.Limits with { AllowUsers = users },
            Layers = [],
        });

    private static async Task EchoAsync(TestServer server)
    {
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
        await client.SendAsync("e");
        await client.ReceiveExactlyAsync(1);
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
