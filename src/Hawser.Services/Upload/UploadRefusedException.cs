namespace Hawser.Services.Upload;

/// <summary>The server will not store this upload. The message says which limit it met.</summary>
internal sealed class UploadRefusedException(string reason) : IOException(reason);
