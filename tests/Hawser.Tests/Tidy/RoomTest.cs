using System.Text.RegularExpressions;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Tidy;

/// <summary>The rooms of a project, which are its namespaces, use each other in one direction only.</summary>
/// <remarks>The root namespace is exempt: it is the face of a library, above and below its rooms, and the entry of a
/// program. <c>docs/architecture.md</c> has the map.</remarks>
public sealed partial class RoomTest
{
    // Uses against the direction, with the reason for each.
    private static readonly Dictionary<(string From, string To), string> Allowed = new()
    {
        [("Hawser.Transports", "Hawser.Telemetry")] = "a transport passes its server's instruments to the layers above",
        [("Hawser.Services.Numbers.Avx512", "Hawser.Services.Numbers")] =
            "the fast path of the same algorithms, chosen at run time, shares their constants and fallbacks",
        [("Hawser.Services.Clock.Client", "Hawser.Services.Clock")] = "the service's public options of a client",
        [("Hawser.Services.Clock.Peers", "Hawser.Services.Clock")] = "the service's public range of ports",
    };

    public static TheoryData<string> Projects =>
        ["Hawser", "Hawser.Services", "Hawser.Cluster", "Hawser.Hosting", "Hawser.Kestrel", "Hawser.App"];

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_room_uses_another_that_uses_it(string project)
    {
        Dictionary<string, Dictionary<string, string>> uses = UsesIn(project);
        foreach (string from in uses.Keys)
        {
            foreach (string to in Allowed.Keys.Where(allowed => allowed.From == from).Select(allowed => allowed.To))
                uses[from].Remove(to);
        }
        Assert.Empty(
            from room in uses.Keys
            from used in uses[room].Keys
            where Reaches(uses, used, room)
            select $"{room} uses {used} ({uses[room][used]}), which uses {room}");
    }

    [Fact]
    public void Every_allowed_use_exists_and_would_close_a_circle()
    {
        Dictionary<string, Dictionary<string, string>> uses = Projects
            .SelectMany(project => UsesIn(project.Data)).ToDictionary(entry => entry.Key, entry => entry.Value);
        Assert.All(Allowed.Keys, allowed =>
        {
            Assert.Contains(allowed.To, uses[allowed.From].Keys);
            Assert.True(Reaches(uses, allowed.To, allowed.From), $"{allowed} closes no circle: delete it");
        });
    }

    [Fact]
    public void A_room_of_the_program_uses_only_rooms_above_it_in_the_map()
    {
        string[] map =
        [
            .. File.ReadLines(ProgramRepository.PathOf("docs", "architecture.md"))
                .SkipWhile(line => !line.StartsWith("A folder of `src/Hawser.App` uses", StringComparison.Ordinal))
                .TakeWhile(line => !line.StartsWith('#'))
                .Select(line => MapRow().Match(line)).Where(row => row.Success)
                .Select(row => $"Hawser.App.{row.Groups["room"].Value.Replace('/', '.')}"),
        ];
        Dictionary<string, Dictionary<string, string>> uses = UsesIn("Hawser.App");
        Assert.Equal(uses.Keys.Order(), map.Order());
        Assert.Empty(
            from room in uses.Keys
            from used in uses[room]
            where Array.IndexOf(map, used.Key) > Array.IndexOf(map, room)
            select $"{room} uses {used.Key} ({used.Value}), which is below it");
    }

    private static bool Reaches(Dictionary<string, Dictionary<string, string>> uses, string from, string to)
    {
        var seen = new HashSet<string>();
        var open = new Stack<string>([from]);
        while (open.TryPop(out string? room))
        {
            if (room == to)
                return true;
            if (seen.Add(room) && uses.TryGetValue(room, out Dictionary<string, string>? next))
                Array.ForEach([.. next.Keys], open.Push);
        }
        return false;
    }

    /// <summary>The rooms that each room uses, with an example, from the names of types in the sources.</summary>
    private static Dictionary<string, Dictionary<string, string>> UsesIn(string project)
    {
        (string Room, string[] Visible, string[] Types, string Name, HashSet<string> Words)[] files =
            [.. ProgramRepository.SourceFiles([$"src/{project}"]).Select(Read).Where(file => file.Room != "")];
        Assert.NotEmpty(files);
        ILookup<string, string> roomsOf = files
            .SelectMany(file => file.Types.Select(type => (type, file.Room))).ToLookup(each => each.type, each => each.Room);
        var uses = new Dictionary<string, Dictionary<string, string>>();
        foreach ((string room, string[] visible, _, string name, HashSet<string> words) in files.Where(file => file.Room != project))
        {
            if (!uses.TryGetValue(room, out Dictionary<string, string>? used))
                uses[room] = used = [];
            foreach (string word in words.Where(roomsOf.Contains))
            {
                if (visible.FirstOrDefault(roomsOf[word].Contains) is { } of && of != room && of != project)
                    used[of] = $"{word} in {name}";
            }
        }
        return uses;
    }

    private static (string Room, string[] Visible, string[] Types, string Name, HashSet<string> Words) Read(string name)
    {
        string text = NoCode().Replace(File.ReadAllText(ProgramRepository.PathOf(name)), match =>
            match.Value.StartsWith('$') ? string.Join(' ', Hole().Matches(match.Value)) : " ");
        string room = Namespace().Match(text).Groups["name"].Value;
        var enclosing = new List<string>();
        for (string each = room; each != ""; each = each.Contains('.', StringComparison.Ordinal) ? each[..each.LastIndexOf('.')] : "")
            enclosing.Add(each);
        return (room, [.. enclosing, .. Using().Matches(text).Select(match => match.Groups["name"].Value)],
            [.. TypeDeclaration().Matches(text).Select(match => match.Groups["name"].Value)], Path.GetFileName(name),
            [.. Word().Matches(Using().Replace(text, "")).Select(match => match.Value)]);
    }

    // Comments, characters and texts; what an interpolated text contains in braces is code.
    [GeneratedRegex("""
        //[^\n]*|'(\\.|[^'\\\n])'|\$*\"{3}[\s\S]*?\"{3}|\$?@?"(\\.|[^"\\\n])*"
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex NoCode();

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Hole();

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^using\s+(static\s+)?(?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(
        @"^[a-z][a-z\s]*\b(class|struct|interface|enum|record(\s+(class|struct))?|delegate\s+\S+)\s+(?<name>[A-Z]\w*)",
        RegexOptions.Multiline)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*")]
    private static partial Regex Word();

    // Of the table of rooms: | `Room` | what it holds |
    [GeneratedRegex(@"^\| `(?<room>[A-Z][\w/]*)` \|")]
    private static partial Regex MapRow();
}
