namespace Hawser.Bench;

/// <summary>A bench failed. The message says why and what to do.</summary>
internal sealed class BenchException(string message) : Exception(message);
