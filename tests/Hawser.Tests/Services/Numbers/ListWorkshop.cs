using System.Globalization;
using System.Net;
using Hawser.Services.Numbers;

namespace Hawser.Tests.Services.Numbers;

/// <summary>A folder for a numbers client, and what it finds there. Gone afterwards.</summary>
internal sealed class ListWorkshop : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hawser-numbers-");

    public string Folder => _folder.FullName;

    /// <summary>A list sorted by the library's means alone.</summary>
    public static string SortedByHand(string list) => string.Join(',', list.TrimEnd('\r', '\n').Split(',')
        .Select(text => long.Parse(text, CultureInfo.InvariantCulture)).Order());

    public NumbersClientOptions Options(EndPoint server, int lists) =>
        new() { Server = server, Folder = Folder, Lists = lists };

    /// <summary>Runs a client in one of its modes.</summary>
    /// <param name="mode"><c>default</c> or <c>plain</c>.</param>
    /// <param name="options">What it does.</param>
    /// <returns>What failed, and what is doubtful.</returns>
    public static (IReadOnlyList<ListFailure> Failures, IReadOnlyList<ListFailure> Doubts) Run(
        string mode, NumbersClientOptions options)
    {
        NumbersReport report = new NumbersClient(mode == "plain" ? options.Plain : options).Run();
        return (report.Failures, report.Doubts);
    }

    public string Unsorted(int list) => File.ReadAllText(PathOf("unsorted_files", list));

    public string Sorted(int list) => File.ReadAllText(PathOf("sorted_files", list));

    public string PathOf(string kind, int list) => Path.Combine(Folder, kind, $"{list}.txt");

    /// <summary>The names of all files, in order: <c>sorted_files/0.txt</c>.</summary>
    public string[] Names() =>
    [
        .. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Folder, path).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    public void Dispose() => _folder.Delete(recursive: true);
}
