using System.Text;
using Xunit;

namespace Hawser.Tests.Support;

/// <summary>The exit code and output of a program.</summary>
internal sealed record ProgramResult(int ExitCode, byte[] Output, string Errors)
{
    public string Text => Encoding.UTF8.GetString(Output);

    /// <summary>It failed as it should: nothing on the standard output, one line that begins with ERROR, no stack
    /// trace.</summary>
    public void IsError(int exitCode, string part)
    {
        Assert.Equal("", Text);
        Assert.StartsWith("ERROR: ", Errors, StringComparison.Ordinal);
        Assert.Equal(Errors.Length - 1, Errors.IndexOf('\n', StringComparison.Ordinal));
        Assert.Contains(part, Errors, StringComparison.Ordinal);
        Assert.Equal(exitCode, ExitCode);
    }

    /// <summary>It did what it was asked to and had nothing to complain about.</summary>
    public void IsDone()
    {
        Assert.Equal("", Errors);
        Assert.Equal(0, ExitCode);
    }
}
