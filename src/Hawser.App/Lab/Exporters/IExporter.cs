namespace Hawser.App.Lab.Exporters;

/// <summary>One file that a lab leaves behind. It is written anew after every measurement.</summary>
internal interface IExporter
{
    /// <summary>Its name in the folder of the results.</summary>
    string FileName { get; }

    /// <summary>What is in it.</summary>
    string Export(LabResult result);
}
