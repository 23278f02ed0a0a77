namespace Hawser.Models;

/// <summary>The system gives no thread for one more connection, or would give none to the runtime afterwards.</summary>
internal sealed class NoThreadLeftException() : Exception("there is no thread left");
