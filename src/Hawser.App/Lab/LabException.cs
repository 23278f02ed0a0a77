namespace Hawser.App.Lab;

/// <summary>One measurement failed. The message says how; the others go on.</summary>
internal sealed class LabException(string message) : Exception(message);
