using System.Globalization;
using System.Text;
using Hawser.Bench.Programs;

namespace Hawser.Bench.Results;

/// <summary>A page under docs/results: what was measured, where, with what and how.</summary>
internal sealed class ResultPage
{
    // Above this somebody else was at work before the bench had begun.
    private const double CalmLoad = 0.5;

    private readonly StringBuilder _text = new();
    private readonly string _folder;

    private ResultPage(string folder) => _folder = folder;

    /// <summary>Begins a page with its title, the host and the versions.</summary>
    /// <param name="bench">The bench's verb.</param>
    /// <param name="title">What it measures.</param>
    /// <param name="arguments">The options as given; <c>--name</c> names the folder of the results.</param>
    public static async Task<ResultPage> BeginAsync(string bench, string title, Arguments arguments)
    {
        string name = arguments.Text("name", Slug($"{Cpu()} {Environment.ProcessorCount}"));
        string date = DateTime.Now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var page = new ResultPage(Repository.At("docs", "results", $"{date}-{name}"));
        string gcc = (await Tool.RunAsync("gcc", "-dumpfullversion"))?.Trim() ?? "none";
        double load = LoadAverage();
        string company = load > CalmLoad
            ? $"shared with other work: the load average was {load.ToString("0.0", CultureInfo.InvariantCulture)} at the start"
            : "otherwise at rest";
        page.Line($"# {title}");
        page.Line();
        page.Line($"- Taken on {date}, at commit {await Repository.CommitAsync()}");
        page.Line($"- Host: {Cpu()}, {Environment.ProcessorCount} cores, Linux {Kernel()}, .NET {Environment.Version}, "
            + $"gcc {gcc}; {company}");
        page.Line($"- Command: `dotnet run -c Release --project bench/Hawser.Bench -- {$"{bench} {arguments}".Trim()}`");
        page.Line();
        return page;
    }

    public void Line(string text = "") => _text.Append(text).Append('\n');

    /// <summary>A table; every column but the first is set to the right.</summary>
    public void Table(string[] head, IEnumerable<string[]> rows)
    {
        string[][] all = [head, .. rows];
        int[] widths = [.. head.Select((_, column) => all.Max(row => row[column].Length))];
        Line(Row(head, widths));
        Line($"|{string.Join('|', widths.Select((width, column) => new string('-', width + 1) + (column > 0 ? ":" : "-")))}|");
        foreach (string[] row in all[1..])
            Line(Row(row, widths));
        Line();
    }

    /// <summary>Prints the page and puts it into its folder.</summary>
    /// <param name="fileName">Its name there.</param>
    public void Save(string fileName)
    {
        Directory.CreateDirectory(_folder);
        string path = Path.Combine(_folder, fileName);
        File.WriteAllText(path, _text.ToString().TrimEnd('\n') + "\n");
        Console.Write(_text);
        Console.Error.WriteLine($"written to {Path.GetRelativePath(Repository.At(), path)}");
    }

    private static string Row(string[] cells, int[] widths) =>
        $"| {string.Join(" | ", cells.Select((cell, column) =>
            column > 0 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column])))} |";

    private static string Cpu() => File.ReadLines("/proc/cpuinfo")
        .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
        ?? "unknown CPU";

    private static string Kernel() =>
        string.Join('.', File.ReadAllText("/proc/sys/kernel/osrelease").Trim().Split('.', '-').Take(2));

    /// <summary>Runnable tasks, averaged over the last minute.</summary>
    private static double LoadAverage() =>
        double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    private static string Slug(string text) => string.Join('-', text.ToLowerInvariant()
        .Split([.. text.ToLowerInvariant().Where(c => !char.IsAsciiLetterOrDigit(c))], StringSplitOptions.RemoveEmptyEntries));
}
