using System.Net;
using Hawser.App.Lab;
using Hawser.App.Lab.Trials;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LabFloorTest
{
    [Fact]
    public void Without_a_compiler_the_floor_falls_back_to_hawser_with_a_warning()
    {
        string? warning = null;
        using var floor = LabFloor.Create("no-such-compiler", text => warning = text);

        Assert.Equal(new LabSubject("floor", OperatingSystem.IsLinux() ? "epoll" : "select", null), floor.Subject);
        Assert.StartsWith("the floor is hawser under ", warning, StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
            Assert.Contains("cannot start no-such-compiler: ", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_compiled_floor_echoes_bytes_and_its_folder_is_deleted()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "it is compiled on Linux");
        string? warning = null;
        string program;
        using (var floor = LabFloor.Create("gcc", text => warning = text))
        {
            Assert.SkipWhen(warning?.Contains("cannot start", StringComparison.Ordinal) == true, "gcc is not installed");
            Assert.Null(warning);
            program = floor.Subject.Program!;
            var variant = new LabVariant(floor.Subject, new LabSetting(Clients: 1));
            await using ServerProcess server = await ServerProcess.StartAsync(variant, null, CancellationToken.None);
            using Connection client = await Dialer.ConnectAsync(IPEndPoint.Parse(server.Address), Patience.Limit);
            byte[] sent = new byte[200_000];
            Random.Shared.NextBytes(sent);
            byte[] received = new byte[sent.Length];
            Task writing = client.WriteAsync(sent).AsTask();
            Assert.True(await client.TryReadExactlyAsync(received).AsTask().Bounded());
            await writing;
            Assert.Equal(sent, received);
        }
        Assert.False(Directory.Exists(Path.GetDirectoryName(program)));
    }
}
