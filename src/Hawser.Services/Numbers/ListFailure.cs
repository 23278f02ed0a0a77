namespace Hawser.Services.Numbers;

/// <summary>A fault of one list.</summary>
/// <param name="List">The list's number, from 0.</param>
/// <param name="Message">The fault, on one line.</param>
public sealed record ListFailure(int List, string Message)
{
    /// <summary><c>list 17, byte 4711: ...</c>.</summary>
    public override string ToString() => Describe($"list {List}", Message);

    /// <summary>One line per failure; consecutive lists with the same fault share one: <c>lists 17 to 99:
    /// ...</c>.</summary>
    /// <param name="failures">The failures, ordered by list.</param>
    public static IReadOnlyList<string> Describe(IReadOnlyList<ListFailure> failures)
    {
        var lines = new List<string>();
        for (int first = 0, next; first < failures.Count; first = next)
        {
            next = first + 1;
            while (next < failures.Count && failures[next].Continues(failures[next - 1]))
                next++;
            lines.Add(next == first + 1
                ? failures[first].ToString()
                : Describe($"lists {failures[first].List} to {failures[next - 1].List}", failures[first].Message));
        }
        return lines;
    }

    private bool Continues(ListFailure before) => this == before with { List = before.List + 1 };

    private static string Describe(string lists, string message) =>
        message.StartsWith("byte ", StringComparison.Ordinal) ? $"{lists}, {message}" : $"{lists}: {message}";
}
