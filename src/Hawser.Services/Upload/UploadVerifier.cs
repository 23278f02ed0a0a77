using Hawser.Services.Text;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>Checks a folder of uploads against its manifest, without a server.</summary>
public static class UploadVerifier
{
    /// <summary>Checks every file that the manifest lists, and reports everything else in the folder. If the manifest lists
    /// a number twice, because its file was deleted and the number reused, the later line counts.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="onFinding">Called with a line for every difference.</param>
    /// <exception cref="IOException">The folder has no manifest, or it cannot be read.</exception>
    public static UploadVerification Verify(string folder, Action<string> onFinding)
    {
        int verified = 0;
        int different = 0;
        int unlisted = 0;
        int badLines = 0;
        var records = new SortedDictionary<long, UploadRecord>();
        foreach ((int number, string line) in UploadManifest.Read(folder).Index())
        {
            if (UploadRecord.TryParse(line) is { } record)
            {
                records[record.Number] = record;
                continue;
            }
            string why = UploadRecord.IsBeginning(line) ? "truncated" : "not a record";
            onFinding($"{UploadManifest.FileName} line {number + 1}: {why}");
            badLines++;
        }
        foreach (UploadRecord record in records.Values)
        {
            string name = UploadName.Of(record.Number);
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
        foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos()
            .OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            if (FindStranger(entry, records) is { } what)
            {
                onFinding($"{Printable.Line(entry.Name)}: {what}");
                unlisted++;
            }
        }
        return new UploadVerification(verified, different, unlisted, badLines);
    }

    /// <returns>Null if the entry belongs into the folder.</returns>
    private static string? FindStranger(FileSystemInfo entry, SortedDictionary<long, UploadRecord> records) => entry switch
    {
        DirectoryInfo => "a folder, not in the manifest",
        { Name: UploadManifest.FileName } => null,
        _ when UploadName.TryParsePart(entry.Name, out _) => "an upload that was not finished",
        _ when UploadName.TryParse(entry.Name, out long number) && records.ContainsKey(number) => null,
        _ => "not in the manifest",
    };

    /// <returns>Null if the file matches the record.</returns>
    private static string? Compare(string path, UploadRecord record)
    {
        if (!File.Exists(path))
            return "missing";
        try
        {
            RegularFile.Require(path);
            using SafeFileHandle file = File.OpenHandle(path);
            if (record.Error is not null)
                return HoldsError(file) ? null : "should hold ERROR";
            if (RandomAccess.GetLength(file) is var length && length != record.Bytes)
                return $"has {length} bytes, should have {record.Bytes}";
            return FollowingHash.Of(record.Digest!.Function, file) == record.Digest
                ? null
                : "has other bytes than were uploaded";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {e.Message}";
        }
    }

    private static bool HoldsError(SafeFileHandle file)
    {
        Span<byte> start = stackalloc byte[6];
        return RandomAccess.Read(file, start, 0) == 5 && start[..5].SequenceEqual("ERROR"u8);
    }
}
