using System.Text;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock;

/// <summary>The name or secret of a session, from <c>--session</c> or <c>--session-file</c>.</summary>
public static class SessionName
{
    /// <summary>The name; null if neither option is given.</summary>
    /// <param name="name">The value of <c>--session</c>.</param>
    /// <param name="file">The value of <c>--session-file</c>: a file whose content, without a line break at its end, is
    /// the secret.</param>
    /// <exception cref="FormatException">Both are given, or the name is empty or longer than 4,096 bytes.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static string? From(string? name, string? file)
    {
        if (name is not null && file is not null)
            throw new FormatException("--session-file: does not apply with --session");
        string option = file is null ? "--session" : "--session-file";
        if (file is not null)
        {
            using FileStream stream = File.OpenRead(file);
            var content = new byte[SessionKey.LongestName + 2];
            name = Encoding.UTF8.GetString(content, 0, stream.ReadAtLeast(content, content.Length, false));
            name = name.EndsWith("\r\n", StringComparison.Ordinal) ? name[..^2]
                : name.EndsWith('\n') ? name[..^1]
                : name;
        }

        return name is null || (name.Length > 0 && Encoding.UTF8.GetByteCount(name) <= SessionKey.LongestName)
            ? name
            : throw new FormatException($"{option} has 1 to {SessionKey.LongestName} bytes");
    }
}
