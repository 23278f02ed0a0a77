namespace Hawser.Services.Message;

/// <summary>A message is refused: it is too long, there is no room for it, or the server is stopping. The text gives
/// the reason and the cure.</summary>
internal sealed class MessageRefusedException(string message, Exception? cause = null) : IOException(message, cause);
