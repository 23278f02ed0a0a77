using System.Globalization;

namespace Hawser.Services.Upload;

/// <summary>The names of uploads: <c>n.file</c> once stored; in a folder, <c>.n.part</c> until then.</summary>
public static class UploadName
{
    private const string Suffix = ".file";
    private const string PartPrefix = ".";
    private const string PartSuffix = ".part";

    /// <summary>The name of a stored upload.</summary>
    public static string Of(long number) => $"{number}{Suffix}";

    /// <summary>Reads the number of a stored upload.</summary>
    public static bool TryParse(string name, out long number) => TryParse(name, "", Suffix, out number);

    /// <summary>The name of an upload in progress.</summary>
    internal static string OfPart(long number) => $"{PartPrefix}{number}{PartSuffix}";

    /// <summary>Reads the number of an upload in progress.</summary>
    internal static bool TryParsePart(string name, out long number) =>
        TryParse(name, PartPrefix, PartSuffix, out number);

    private static bool TryParse(string name, string prefix, string suffix, out long number)
    {
        number = 0;
        return name.StartsWith(prefix, StringComparison.Ordinal)
            && name.EndsWith(suffix, StringComparison.Ordinal)
            && name.Length > prefix.Length + suffix.Length
            && long.TryParse(name.AsSpan(prefix.Length..^suffix.Length), NumberStyles.None,
                CultureInfo.InvariantCulture, out number)
            && name[prefix.Length] != '0'
            && number is > 0 and < long.MaxValue / 2;
    }
}
