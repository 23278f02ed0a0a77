namespace Hawser.Services.Message;

/// <summary>A message is not taken: it is too long, there is no room for it to wait in, or the server stops. The text
/// says why, and what helps.</summary>
internal sealed class MessageRefusedException(string message, Exception? cause = null) : IOException(message, cause);
