using Hawser.Tests.Services.Numbers;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary><c>hawser numbers check</c>.</summary>
public sealed class NumbersCheckTest
{
    private const int Failed = 1;
    private const int Misused = 2;
    private const int NotVerified = 4;

    [Fact]
    public async Task A_list_that_came_over_the_wire_is_what_seed_and_index_say()
    {
        await using NumbersServer server = NumbersServer.Start(count: 1000, seed: 42, min: -5, max: 70_000);
        using var shop = new ListWorkshop();
        ListWorkshop.Run("plain", shop.Options(server.EndPoint, 3));

        for (int index = 0; index < 3; index++)
        {
            ProgramResult result = await CheckAsync(
                shop.PathOf("unsorted_files", index), "--seed", "42", "--index", $"{index}", "--count", "1000",
                "--min", "-5", "--max", "70000");

            result.IsDone();
            Assert.Equal(
                $"{shop.PathOf("unsorted_files", index)}: list {index} of seed 42, verified\n", result.Text);
        }
    }

    [Fact]
    public async Task The_defaults_are_those_of_the_server()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, NumbersServer.ListOf(42, 17, 250_000));

            (await CheckAsync(path, "--seed", "42", "--index", "17")).IsDone();
            (await CheckAsync(path, "--seed", "42", "--index", "18")).IsError(NotVerified, $"{path}: byte 0: ");
            (await CheckAsync(path, "--seed", "41", "--index", "17")).IsError(NotVerified, $"{path}: byte ");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(4711, 'x', ": byte 4711: expected ")]
    [InlineData(-1, '\n', ", found byte 0x0A")]
    public async Task A_byte_that_is_wrong_is_named(int at, char wrong, string message)
    {
        string path = Path.GetTempFileName();
        try
        {
            char[] list = NumbersServer.ListOf(1, 2, 1000).ToCharArray();
            list[at < 0 ? list.Length + at : at] = wrong;
            File.WriteAllText(path, new string(list));

            ProgramResult result = await CheckAsync(path, "--seed", "1", "--index", "2", "--count", "1000");

            result.IsError(NotVerified, message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(Failed, "no-such-list.txt", "no-such-list.txt", "--seed", "1", "--index", "0")]
    [InlineData(Misused, "--seed", "list.txt", "--index", "0")]
    [InlineData(Misused, "'-1' is out of bounds", "list.txt", "--seed", "1", "--index", "-1")]
    [InlineData(Misused, "'ten' is not a seed", "list.txt", "--seed", "ten", "--index", "0")]
    [InlineData(Misused, "--max: 1 is below --min 2", "x", "--seed", "1", "--index", "0", "--min", "2", "--max", "1")]
    public async Task What_cannot_be_checked_is_refused(int exitCode, string message, params string[] words) =>
        (await CheckAsync(words)).IsError(exitCode, message);

    private static Task<ProgramResult> CheckAsync(params string[] words) =>
        ProgramProcess.RunAsync(["numbers", "check", .. words]);
}
