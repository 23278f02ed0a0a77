using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.App.Lab;
using Hawser.App.Lab.Display;
using Hawser.App.Output;

namespace Hawser.App.Verbs;

/// <summary><c>hawser lab compare OLD NEW</c>: what got better or worse between two results.</summary>
internal static class LabCompareVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("compare", "Compare two results: what got better, what got worse.")
        {
            Examples =
            [
                "hawser lab compare results-before results-after",
                "hawser lab compare before/results.json after/results.json --control redis --json",
            ],
        };
        Argument<string> old = VerbOptions.Argument("OLD", "a folder of results, or a results.json", text => text);
        Argument<string> young = VerbOptions.Argument("NEW", "the results to judge", text => text);
        Option<string> control = VerbOptions.Text(
            "--control", "NAME", "divide by this subject, which did not change, round by round");
        Option<bool> json = VerbOptions.Flag("--json", "print a line of JSON per scenario");
        verb.Add(old);
        verb.Add(young);
        verb.AddGroup(VerbOptions.Common, control, json);
        verb.SetAction(parsed => Run(parsed.GetValue(old)!, parsed.GetValue(young)!, parsed.GetValue(control),
            parsed.GetValue(json)));
        return verb;
    }

    private static int Run(string oldPath, string newPath, string? control, bool json)
    {
        LabComparison[] comparisons = UsageException.Guard(() => Compare(oldPath, newPath, control).ToArray());
        foreach ((int index, LabComparison comparison) in comparisons.Index())
        {
            foreach (string warning in comparison.Warnings)
                Standard.Error.WriteLine($"WARNING: {warning}");
            string separator = index > 0 && !json ? "\n" : "";
            Standard.Out.Write(separator
                + (json ? LabComparisonText.JsonOf(comparison) : LabComparisonText.Of(comparison)));
        }
        return comparisons.Any(comparison => comparison.Changes.Any(change => change.Outcome == LabOutcome.Worse))
            ? ExitCode.Regressed
            : ExitCode.Done;
    }

    private static IEnumerable<LabComparison> Compare(string oldPath, string newPath, string? control)
    {
        IReadOnlyList<LabResultFile> olds = LabResultFile.ReadAll(oldPath);
        IReadOnlyList<LabResultFile> news = LabResultFile.ReadAll(newPath);
        if (olds is [{ Name: "" } old] && news is [{ Name: "" } young])
            return [LabComparison.Of(old, young, control)];
        (LabResultFile Old, LabResultFile New)[] pairs =
            [.. olds.Join(news, file => file.Name, file => file.Name, (a, b) => (a, b))];
        if (pairs.Length == 0)
            throw new FormatException($"{oldPath} and {newPath} have no scenario in common");
        foreach (LabResultFile alone in olds.ExceptBy(news.Select(file => file.Name), file => file.Name)
            .Concat(news.ExceptBy(olds.Select(file => file.Name), file => file.Name)))
        {
            Standard.Error.WriteLine($"WARNING: {alone.Path} has no counterpart; not compared");
        }
        return pairs.Select(pair => LabComparison.Of(pair.Old, pair.New, control));
    }
}
