using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>Checks a folder of uploads against its manifest, with no server.</summary>
public static class UploadVerifier
{
    /// <summary>Checks every file the manifest tells of, and looks for those it does not. Where it tells of a number
    /// twice, because the file was taken away and the number given again, the later line counts.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="onFinding">Told of everything that is not as it should be, a line each.</param>
    /// <exception cref="IOException">The folder has no manifest, or it cannot be read.</exception>
    public static UploadVerification Verify(string folder, Action<string> onFinding)
    {
        int verified = 0;
        int different = 0;
        int unknown = 0;
        var records = new SortedDictionary<long, UploadRecord>();
        foreach ((int line, UploadRecord? record) in UploadManifest.Read(folder))
        {
            if (record is not null)
            {
                records[record.Number] = record;
                continue;
            }
            onFinding($"{UploadManifest.FileName} line {line} is not a record; it was cut");
            unknown++;
        }
        foreach (UploadRecord record in records.Values)
        {
            string name = $"{record.Number}{UploadFolder.Suffix}";
            if (Compare(Path.Combine(folder, name), record) is { } difference)
            {
                onFinding($"{name}: {difference}");
                different++;
            }
            else
            {
                verified++;
            }
        }
        foreach (string name in Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)!).Order())
        {
            if (UploadFolder.TryParseName(name, out long number) && !records.ContainsKey(number))
            {
                onFinding($"{name}: not in the manifest");
                unknown++;
            }
        }
        return new UploadVerification(verified, different, unknown);
    }

    /// <returns>Null when the file is what the record says.</returns>
    private static string? Compare(string path, UploadRecord record)
    {
        if (!File.Exists(path))
            return "missing";
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            if (record.Error is not null)
                return HoldsError(file) ? null : "should hold ERROR";
            if (RandomAccess.GetLength(file) is var length && length != record.Bytes)
                return $"has {length} bytes, should have {record.Bytes}";
            return FollowingHash.Of(file) == record.Sha256 ? null : "has other bytes than were uploaded";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {e.Message}";
        }
    }

    private static bool HoldsError(SafeFileHandle file)
    {
        Span<byte> start = stackalloc byte[6];
        return RandomAccess.GetLength(file) == 5 && RandomAccess.Read(file, start, 0) == 5
            && start[..5].SequenceEqual("ERROR"u8);
    }
}
