using System.Text;
using System.Text.RegularExpressions;
using Hawser.Tests.Support;

namespace Hawser.Tests.Guide;

/// <summary>A page of the guide: text, and blocks of commands with their output.</summary>
/// <remarks>
/// A block that is marked <c>console</c> has commands, each after <c>$ </c>, and below each what it prints. A block that
/// is marked <c>console server</c> has one command, which runs until the end of the page.
/// </remarks>
internal sealed partial class GuidePage
{
    private const string Prompt = "$ ";

    // Stands for any lines.
    private const string Anything = "...";

    private readonly List<string> _lines;

    private GuidePage(string path)
    {
        Path = path;
        _lines = [.. File.ReadAllLines(path)];
        Commands = [.. Find(_lines)];
    }

    /// <summary>A command of the page.</summary>
    /// <param name="Text">What is typed.</param>
    /// <param name="IsServer">It runs until the end of the page.</param>
    /// <param name="Output">What the page says that it prints; a line of <c>...</c> stands for any lines.</param>
    /// <param name="FirstLine">The line of the page on which the output begins, from 0.</param>
    internal sealed record Command(string Text, bool IsServer, IReadOnlyList<string> Output, int FirstLine)
    {
        /// <summary>Whether it printed what the page says, but for what differs from run to run: processes, numbers with
        /// their units and signs, digests and the widths of columns. A server's two streams may mix.</summary>
        public bool Matches(IReadOnlyList<string> printed)
        {
            IEnumerable<string> lines = printed.Select(Normalize);
            if (IsServer)
                return Output.Where(line => line != Anything).Select(Normalize).All(lines.Contains);
            IEnumerable<string> parts = Output.Select(
                line => line == Anything ? "(.*\n)*" : Regex.Escape(Normalize(line)) + "\n");
            return Regex.IsMatch(string.Concat(lines.Select(line => line + "\n")), $@"\A{string.Concat(parts)}\z");
        }
    }


    public string Path { get; }

    public IReadOnlyList<Command> Commands { get; }

    /// <summary>All pages, relative to the root of the repository.</summary>
    public static IEnumerable<string> All =>
        from path in Directory.EnumerateFiles(ProgramRepository.PathOf("docs", "guide"), "*.md")
        where System.IO.Path.GetFileName(path) != "reference.md"
        select System.IO.Path.GetRelativePath(ProgramRepository.Root, path);

    public static GuidePage Read(string page) => new(ProgramRepository.PathOf(page));

    /// <summary>Replaces the outputs, save those in which the page leaves something out, and writes the page.</summary>
    public void Update(IReadOnlyList<IReadOnlyList<string>> outputs)
    {
        for (int i = Commands.Count - 1; i >= 0; i--)
        {
            Command command = Commands[i];
            if (command.Output.Contains(Anything))
                continue;
            _lines.RemoveRange(command.FirstLine, command.Output.Count);
            _lines.InsertRange(command.FirstLine, outputs[i]);
        }
        File.WriteAllText(Path, new StringBuilder().AppendJoin('\n', _lines).Append('\n').ToString());
    }

    private static IEnumerable<Command> Find(List<string> lines)
    {
        bool isServer = false;
        bool isInside = false;
        for (int i = 0; i < lines.Count; i++)
        {
            if (lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                isServer = lines[i] == "```console server";
                isInside = isServer || lines[i] == "```console";
            }
            else if (isInside && lines[i].StartsWith(Prompt, StringComparison.Ordinal))
            {
                string text = lines[i][Prompt.Length..];
                while (text.EndsWith('\\'))
                    text += "\n" + lines[++i];
                IEnumerable<string> output = lines.Skip(i + 1).TakeWhile(line =>
                    !line.StartsWith(Prompt, StringComparison.Ordinal)
                    && !line.StartsWith("```", StringComparison.Ordinal));
                yield return new Command(text, isServer, [.. output], i + 1);
            }
        }
    }

    private static string Normalize(string line) =>
        Spaces().Replace(Varying().Replace(line, "#"), " ").TrimEnd();

    // Other whole numbers of up to three digits are counts, and have to be right.
    [GeneratedRegex("""
        server\ (ahead|behind)
        | (?<=\(pid\ )\d+
        | \b[0-9a-f]{32,}\b
        | (?<=round\ trips\ +)\d[\d,]*,\ \d[\d,]*/s
        | (?<=exchanges\ )\d+\ made,\ \d+\ missed,\ \d+\ lost
        | [-+]?\b\d[\d,]*(\.\d+)?\ ?(ns|µs|ms|s|%|B|kB|MB|GB)(/s)?(?!\w)
        | [-+]?\b\d[\d,]*\.\d+\b(?!\.)
        | [-+]?\b\d[\d,]{3,}\b
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Varying();

    [GeneratedRegex(@"[ ─━]{2,}|-{2,}")]
    private static partial Regex Spaces();
}
