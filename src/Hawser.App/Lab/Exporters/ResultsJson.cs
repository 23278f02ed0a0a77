using System.Text.Json;

namespace Hawser.App.Lab.Exporters;

/// <summary>All results, for programs. The schema is <c>lab/results.schema.json</c>.</summary>
internal sealed class ResultsJson : IExporter
{
    public string FileName => "results.json";

    public string Export(LabResult result) => JsonSerializer.Serialize(result, LabJson.Default.LabResult) + "\n";
}
