using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Numbers;

/// <summary>What docs/protocols.md says of the numbers is so.</summary>
public sealed partial class NumbersDocumentTest
{
    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task The_list_of_the_document_is_what_the_server_sends(string model)
    {
        await using NumbersServer server = NumbersServer.Start(model, count: 3, seed: 42);
        using RawPeer client = await server.ConnectAsync();

        Assert.Equal(Encoding.ASCII.GetString(GoldenBytes.Of("numbers")), await client.ReadToEndAsync());
    }

    [Fact]
    public async Task The_Python_of_the_document_makes_the_same_numbers()
    {
        string document = await File.ReadAllTextAsync(ProgramRepository.PathOf("docs", "protocols.md"));
        string program = Python().Match(document).Groups[1].Value
            + "print(','.join(str(number(2026, 5, p, -10**18, 10**18)) for p in range(1000)), end='')\n"
            + "print(',', end='')\n"
            + "print(','.join(str(number(2026, 5, p, -3, 2**62)) for p in range(1000)), end='')\n";
        using Process? python = TryStart(program);
        Assert.SkipWhen(python is null, "there is no python3");

        string list = await python.StandardOutput.ReadToEndAsync().Bounded();

        Assert.Equal(
            NumbersServer.ListOf(2026, 5, 1000, -1_000_000_000_000_000_000, 1_000_000_000_000_000_000) + ","
                + NumbersServer.ListOf(2026, 5, 1000, -3, 1L << 62),
            list);
    }

    private static Process? TryStart(string program)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("python3", ["-c", program]) { RedirectStandardOutput = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex("```python\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Python();
}
