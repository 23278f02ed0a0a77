using Hawser.App.Lab.Processes;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class ShellWordsTest
{
    [Theory]
    [InlineData("build/c {port}", "build/c", "{port}")]
    [InlineData("  a \t b  ", "a", "b")]
    [InlineData("sh -c 'a b; \"c\"'", "sh", "-c", "a b; \"c\"")]
    [InlineData("a \"b 'c' \\\"d\\\" \\e \\\\\"", "a", "b 'c' \"d\" \\e \\")]
    [InlineData("a\\ b 'c'd\"e\"", "a b", "cde")]
    [InlineData("redis-server --save '' --x \"\"", "redis-server", "--save", "", "--x", "")]
    [InlineData("$HOME *", "$HOME", "*")]
    [InlineData("")]
    public void A_line_is_split_as_a_shell_splits_it(string line, params string[] words) =>
        Assert.Equal(words, ShellWords.Split(line));

    [Theory]
    [InlineData("a 'b", "'a 'b' has an unclosed '")]
    [InlineData("a \"b\\\"", "'a \"b\\\"' has an unclosed \"")]
    [InlineData("a \\", "'a \\' ends with a backslash")]
    public void An_incomplete_line_is_refused(string line, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => ShellWords.Split(line)).Message);

    [Theory]
    [InlineData("c=127.0.0.1:7000", "c=127.0.0.1:7000")]
    [InlineData("c=build/c {port}", "'c=build/c {port}'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("", "''")]
    public void A_quoted_word_is_split_into_itself(string word, string quoted)
    {
        Assert.Equal(quoted, ShellWords.Quote(word));
        Assert.Equal([word], ShellWords.Split(quoted));
    }
}
