using System.Security.Cryptography;

namespace Hawser.Services.Upload;

/// <summary>Checks a folder of uploads against its manifest, with no server.</summary>
public static class UploadVerifier
{
    /// <summary>Checks every file the manifest tells of, and looks for those it does not.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="onFinding">Told of everything that is not as it should be, a line each.</param>
    /// <exception cref="IOException">The folder has no manifest, or it cannot be read.</exception>
    public static UploadVerification Verify(string folder, Action<string> onFinding)
    {
        int verified = 0;
        int different = 0;
        int unknown = 0;
        var listed = new HashSet<string>();
        foreach ((int line, UploadRecord? record) in UploadManifest.Read(folder))
        {
            if (record is null)
            {
                onFinding($"{UploadManifest.FileName} line {line} is not a record; it was cut");
                unknown++;
                continue;
            }
            string name = $"{record.Number}{UploadFolder.Suffix}";
            listed.Add(name);
            string? difference = Compare(Path.Combine(folder, name), record);
            if (difference is null)
            {
                verified++;
            }
            else
            {
                onFinding($"{name}: {difference}");
                different++;
            }
        }
        foreach (string path in Directory.EnumerateFiles(folder))
        {
            string name = Path.GetFileName(path);
            if (UploadFolder.TryParseName(name, out _) && listed.Add(name))
            {
                onFinding($"{name}: not in the manifest");
                unknown++;
            }
        }
        return new UploadVerification(verified, different, unknown);
    }

    private static string? Compare(string path, UploadRecord record)
    {
        if (!File.Exists(path))
            return "missing";
        using FileStream file = File.OpenRead(path);
        if (record.Error is not null)
        {
            Span<byte> start = stackalloc byte[6];
            return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == 5 && start[..5].SequenceEqual("ERROR"u8)
                ? null
                : "should hold ERROR";
        }
        if (file.Length != record.Bytes)
            return $"has {file.Length} bytes, should have {record.Bytes}";
        return record.Sha256 is not { Length: > 0 } expected || Convert.ToHexStringLower(SHA256.HashData(file)) == expected
            ? null
            : "has other bytes than were uploaded";
    }
}
