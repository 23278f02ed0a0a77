namespace Hawser.Services.Upload;

/// <summary>What a check of a folder found.</summary>
/// <param name="Verified">Files that are what the manifest says.</param>
/// <param name="Different">Files that are missing or are not.</param>
/// <param name="Unknown">Files that the manifest does not tell of, and lines of it that are cut.</param>
public sealed record UploadVerification(int Verified, int Different, int Unknown);
