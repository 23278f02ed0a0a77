namespace Hawser.App.Lab.Exporters;

/// <summary>All exporters. A new one is one file and one line here.</summary>
internal static class ExporterCatalog
{
    public static IReadOnlyList<IExporter> All { get; } =
        [new ResultsJson(), new ResultsCsv(), new SummaryMarkdown(), new ReportHtml()];

    /// <summary>Writes all files into a folder. Each is replaced atomically, so it is whole whenever the program
    /// ends.</summary>
    public static void Write(LabResult result, string folder)
    {
        foreach (IExporter exporter in All)
        {
            string path = Path.Combine(folder, exporter.FileName);
            File.WriteAllText(path + ".part", exporter.Export(result));
            File.Move(path + ".part", path, overwrite: true);
        }
    }
}
