using Hawser.Services.Clock;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock;

public sealed class SessionNameTest
{
    [Theory]
    [InlineData("secret", "secret")]
    [InlineData("secret\n", "secret")]
    [InlineData("secret\r\n", "secret")]
    [InlineData("two\nlines\n", "two\nlines")]
    public void A_file_is_a_name_without_the_line_break_at_its_end(string content, string name)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["secret"], content);
        Assert.Equal(name, SessionName.From(null, folder["secret"]));
    }

    [Fact]
    public void Without_name_or_file_the_session_name_is_null() => Assert.Null(SessionName.From(null, null));

    [Fact]
    public void Two_names_an_empty_one_and_one_too_long_are_refused_with_the_option()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["empty"], "\n");
        File.WriteAllText(folder["long"], new string('x', 5000));
        Assert.Equal("--session-file: does not apply with --session", Error("a", folder["empty"]));
        Assert.Equal("--session has 1 to 4096 bytes", Error("", null));
        Assert.Equal("--session-file has 1 to 4096 bytes", Error(null, folder["empty"]));
        Assert.Equal("--session-file has 1 to 4096 bytes", Error(null, folder["long"]));

        static string Error(string? name, string? file) =>
            Assert.Throws<FormatException>(() => SessionName.From(name, file)).Message;
    }
}
