namespace Hawser.Services.Upload;

/// <summary>The result of the check of a folder.</summary>
/// <param name="Verified">Files that match the manifest.</param>
/// <param name="Different">Files that are missing or do not match.</param>
/// <param name="Unlisted">Files and folders that are not in the manifest.</param>
/// <param name="BadLines">Lines of the manifest that are not records.</param>
public sealed record UploadVerification(int Verified, int Different, int Unlisted, int BadLines = 0);
