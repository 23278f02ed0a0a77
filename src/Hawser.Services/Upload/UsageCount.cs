namespace Hawser.Services.Upload;

/// <summary>A number of files, and their bytes.</summary>
internal readonly record struct UsageCount(long Files, long Bytes)
{
    public static UsageCount operator +(UsageCount left, UsageCount right) =>
        new(left.Files + right.Files, left.Bytes + right.Bytes);

    public static UsageCount operator -(UsageCount left, UsageCount right) =>
        new(left.Files - right.Files, left.Bytes - right.Bytes);

    public static UsageCount Min(UsageCount left, UsageCount right) =>
        new(Math.Min(left.Files, right.Files), Math.Min(left.Bytes, right.Bytes));
}
