namespace Hawser.Models;

/// <summary>No thread is left for another connection, or none would be left for the runtime.</summary>
internal sealed class NoThreadLeftException() : Exception("out of threads");
