using System.Globalization;
using System.Text;
using Hawser.Tests.Support;

namespace Hawser.Tests.Services;

/// <summary>The hex dumps of docs/protocols.md: fenced blocks that begin with <c>```hex</c> and a name.</summary>
internal static class GoldenBytes
{
    public static byte[] Of(string name)
    {
        var hex = new StringBuilder();
        bool inside = false;
        foreach (string line in File.ReadLines(ProgramRepository.PathOf("docs", "protocols.md")))
        {
            if (line == $"```hex {name}")
                inside = true;
            else if (inside && line == "```")
                return Convert.FromHexString(hex.ToString());
            else if (inside)
                hex.Append(CultureInfo.InvariantCulture, $"{line.Split('#')[0].Replace(" ", "", StringComparison.Ordinal)}");
        }
        throw new InvalidOperationException($"docs/protocols.md has no dump '{name}'");
    }
}
