namespace Hawser;

/// <summary>The server cannot listen at an address. The message says why and what to do.</summary>
public sealed class ListenException(string message, Exception cause) : IOException(message, cause);
