namespace Hawser.Services.Message;

/// <summary>A message's temporary file failed: the disk is full, or worse.</summary>
internal sealed class SpoolException(string message, Exception cause) : IOException(message, cause);
