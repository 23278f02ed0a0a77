using System.Text.Json;

namespace Hawser.App.Lab.Exporters;

/// <summary>All of it, for programs. Its schema is <c>lab/results.schema.json</c>.</summary>
internal sealed class ResultsJson : IExporter
{
    public string FileName => "results.json";

    public string Export(LabResult result) => JsonSerializer.Serialize(result, LabJson.Default.LabResult) + "\n";
}
