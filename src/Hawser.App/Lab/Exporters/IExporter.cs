namespace Hawser.App.Lab.Exporters;

/// <summary>One file of results. The lab rewrites it after every measurement.</summary>
internal interface IExporter
{
    /// <summary>Its name in the results folder.</summary>
    string FileName { get; }

    /// <summary>Its content.</summary>
    string Export(LabResult result);
}
