namespace Hawser.Services.Upload;

/// <summary>The server will not store this upload. The message says why, in words for the client.</summary>
/// <param name="reason">The reason, without secrets of the server.</param>
/// <param name="cause">What led to it.</param>
public sealed class UploadRefusedException(string reason, Exception? cause = null) : IOException(reason, cause);
