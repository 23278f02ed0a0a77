namespace Hawser.App.Lab.Processes;

/// <summary>One measurement failed. The message is its reason; the run continues.</summary>
internal sealed class LabException(string message) : Exception(message);
