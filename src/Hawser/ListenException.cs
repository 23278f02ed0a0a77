namespace Hawser;

/// <summary>The server cannot listen where it was told to. The message says why and what to do.</summary>
public sealed class ListenException(string message, Exception cause) : IOException(message, cause);
