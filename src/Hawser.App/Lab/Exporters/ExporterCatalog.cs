namespace Hawser.App.Lab.Exporters;

/// <summary>All exporters. A new one is one file and one line here.</summary>
internal static class ExporterCatalog
{
    public static IReadOnlyList<IExporter> All { get; } =
        [new ResultsJson(), new ResultsCsv(), new SummaryMarkdown(), new ReportHtml()];

    /// <summary>Writes all files into a folder.</summary>
    public static void Write(LabResult result, string folder)
    {
        foreach (IExporter exporter in All)
            Replace(Path.Combine(folder, exporter.FileName), exporter.Export(result));
    }

    /// <summary>Replaces a file atomically, so that it is whole whenever the program ends.</summary>
    public static void Replace(string path, string text)
    {
        File.WriteAllText(path + ".part", text);
        File.Move(path + ".part", path, overwrite: true);
    }
}
