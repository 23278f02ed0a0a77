namespace Hawser.Services.Upload;

/// <summary>The server will not store this upload. The message says which limit it met, in words for the
/// client.</summary>
internal sealed class UploadRefusedException(string reason, Exception? cause = null) : IOException(reason, cause);
