namespace Hawser;

/// <summary>A connection failed. The message says why and what to do.</summary>
public sealed class ConnectException(string message, Exception cause) : IOException(message, cause);
