using System.Globalization;
using Hawser.Bench.Benches;
using Hawser.Bench.Programs;

namespace Hawser.Bench.Results;

/// <summary>A page under docs/results. Each save rewrites it, so a run that fails keeps the results so far.</summary>
internal sealed class ResultPage
{
    private const string Unfinished = "**Unfinished";

    private readonly string _head;
    private readonly string _path;

    private ResultPage(string head, string path)
    {
        _head = head;
        _path = path;
    }

    /// <summary>Begins a page with its title, the host and the versions.</summary>
    /// <param name="bench">The bench's name.</param>
    /// <param name="title">What it measures.</param>
    /// <param name="arguments">The options: <c>--name</c> of the results folder, <c>--file</c> of the page. Quick runs
    /// write to another folder and replace no published page.</param>
    public static async Task<ResultPage> BeginAsync(string bench, string title, Arguments arguments)
    {
        DateTime now = DateTime.Now;
        string date = now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var head = new Markdown();
        head.Line($"# {title}");
        head.Line();
        head.Line($"- Taken on {date} at {now:HH:mm}, at commit {await Repository.CommitAsync()}");
        head.Line($"- Host: {Host.Name}; {Host.Company}");
        if (await Requirement.VersionsAsync(BenchCatalog.Get(bench).Tools) is { Length: > 0 } versions)
            head.Line($"- Versions: {versions}");
        string command = $"{bench} {arguments}".Trim();
        head.Line($"- Command: `dotnet run -c Release --project bench/Hawser.Bench -- {command}`");
        if (arguments.IsQuick)
            head.Line("- **Quick trial** with few and short rounds. Its figures mean little.");
        head.Line();
        string name = $"{date}-{arguments.Text("name", Host.FolderName)}";
        string folder = arguments.IsQuick
            ? Repository.At("artifacts", "bench", "results", name)
            : Repository.At("docs", "results", name);
        return new ResultPage(head.ToString(), Path.Combine(folder, arguments.Text("file", $"{bench}.md")));
    }

    /// <summary>Writes the results so far, marked as unfinished.</summary>
    /// <param name="write">Writes the text below the head.</param>
    /// <param name="progress">The progress as text.</param>
    public void SaveUnfinished(Action<Markdown> write, string progress)
    {
        var text = new Markdown();
        text.Line($"{Unfinished}: {progress}.**");
        text.Line();
        write(text);
        Write(text);
    }

    /// <summary>Writes the finished page and prints it.</summary>
    /// <param name="write">Writes the text below the head.</param>
    public void Save(Action<Markdown> write)
    {
        var text = new Markdown();
        write(text);
        Console.WriteLine(Write(text));
        Console.Error.WriteLine($"written to {Path.GetRelativePath(Repository.At(), _path)}");
    }

    /// <summary>Writes another file into the page's folder.</summary>
    public void SaveBeside(string fileName, string text) =>
        Replace(Path.Combine(Path.GetDirectoryName(_path)!, fileName), text);

    private string Write(Markdown body)
    {
        string text = (_head + body).TrimEnd('\n') + "\n";
        Replace(_path, text);
        return text;
    }

    /// <summary>Replaces a file atomically.</summary>
    private static void Replace(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }
}
