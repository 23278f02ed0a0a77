using Hawser.Bench.Results;
using Hawser.Models;

namespace Hawser.Bench.Growth;

/// <summary>The table of models in README.md, which stands between two marks and is made from the newest
/// growth.json.</summary>
internal static class ModelsTable
{
    private const string Begin = "<!-- made by: dotnet run -c Release --project bench/Hawser.Bench -- readme -->\n";
    private const string End = "<!-- end of what is made -->\n";

    /// <summary>Puts the table into a text that has the marks.</summary>
    /// <param name="readme">The text.</param>
    /// <param name="result">What the table is made from.</param>
    /// <param name="page">Where people find more, as a link from the text.</param>
    /// <exception cref="BenchException">There are no marks.</exception>
    public static string Replace(string readme, GrowthResult result, string page)
    {
        int begin = readme.IndexOf(Begin, StringComparison.Ordinal);
        int end = readme.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
            throw new BenchException($"there are no marks for the table; put two lines there: {Begin}{End}");
        return readme[..(begin + Begin.Length)] + Of(result, page) + readme[end..];
    }

    private static string Of(GrowthResult result, string page)
    {
        IReadOnlyList<int> all = result.Clients;
        int some = all[all.Count / 2];
        int many = all[^1];
        int[] growing = [.. ((int[])[all[0], some, many]).Distinct()];
        var text = new Markdown();
        text.Line();
        text.Table(
            [
                "model", "how it serves",
                $"round trips/s: {string.Join(", ", growing.Select(clients => $"{clients:#,0}"))} clients",
                $"p99: {some:#,0}", $"memory: {many:#,0}", $"answered of {some:#,0}, {many:#,0}",
            ],
            result.Models.Select(model => (string[])
            [
                $"`{model}`",
                ConcurrencyModels.Get(model).Summary,
                string.Join(", ", growing.Select(clients =>
                    Cell(result.At(model, clients)?.RoundTripsPerSecond, GrowthText.Thousands))),
                Cell(result.At(model, some)?.LatencyP99Ns, GrowthText.Time),
                Cell(result.At(model, many)?.ResidentBytes, GrowthText.Megabytes),
                string.Join(", ", ((int[])[some, many]).Select(clients =>
                    Cell(result.At(model, clients)?.AnsweredClients, GrowthText.Whole))),
            ]), texts: 2);
        text.Paragraph(
            $"""
            Medians of {result.Rounds} rounds on {result.Taken:yyyy-MM-dd}: {result.Host}. The figures are of the
            clients that were answered; the others waited. With spread, CPU, and where each breaks: [growth]({page}).
            """);
        return text.ToString();
    }

    private static string Cell(Figure? figure, Func<double, string> toText) =>
        figure is null ? GrowthText.None : toText(figure.Median);
}
