using System.Net;
using Xunit;

namespace Hawser.Tests.Support;

/// <summary>A network namespace with a bridge, and others that are connected to it. Nothing changes in the machine's
/// own. Disposing deletes all.</summary>
internal sealed class NetworkNamespaces : IAsyncDisposable
{
    private readonly int _count;

    private NetworkNamespaces(int count) => _count = count;

    /// <summary>The namespace with the bridge.</summary>
    public string Center => this[0];

    /// <summary>A namespace; 0 is <see cref="Center"/>.</summary>
    public string this[int index] => $"hawser-{Environment.ProcessId}-{index}";

    /// <summary>The address of a namespace.</summary>
    public static IPAddress AddressOf(int index) => IPAddress.Parse($"10.77.0.{index + 1}");

    /// <summary>Makes them. Skips the test where that is not possible.</summary>
    /// <param name="count">Namespaces besides the center.</param>
    public static async Task<NetworkNamespaces> MakeAsync(int count)
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "network namespaces need Linux and root");
        Assert.SkipUnless(
            ((string[])["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"]).Any(File.Exists), "network namespaces need iproute2");
        var made = new NetworkNamespaces(count);
        try
        {
            Assert.SkipUnless(await TryIpAsync("netns", "add", made.Center) is null, "no network namespace can be made here");
            await IpAsync("-n", made.Center, "link", "add", "bridge", "type", "bridge");
            await made.StartLinkAsync(0, "bridge");
            for (int index = 1; index <= count; index++)
            {
                await IpAsync("netns", "add", made[index]);
                await IpAsync("-n", made.Center, "link", "add", $"to{index}", "type", "veth", "peer", "name", "eth0",
                    "netns", made[index]);
                await IpAsync("-n", made.Center, "link", "set", "dev", $"to{index}", "master", "bridge", "up");
                await made.StartLinkAsync(index, "eth0");
            }
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        for (int index = 0; index <= _count; index++)
            await TryIpAsync("netns", "del", this[index]);
    }

    private async Task StartLinkAsync(int index, string link)
    {
        await IpAsync("-n", this[index], "address", "add", $"{AddressOf(index)}/24", "dev", link);
        await IpAsync("-n", this[index], "link", "set", "dev", link, "up");
        await IpAsync("-n", this[index], "link", "set", "dev", "lo", "up");
    }

    private static async Task IpAsync(params string[] arguments) =>
        Assert.Null(await TryIpAsync(arguments));

    /// <returns>Its error; null if it succeeded.</returns>
    private static async Task<string?> TryIpAsync(params string[] arguments)
    {
        await using ProgramProcess ip = ProgramProcess.StartForeign("ip", arguments);
        ProgramResult result = await ip.EndAsync();
        return result.ExitCode == 0 ? null : $"ip {string.Join(' ', arguments)}: {result.Errors}";
    }
}
