using System.Buffers;

namespace Hawser.Services.Upload;

/// <summary>The hash function of a receipt.</summary>
public enum UploadHash
{
    /// <summary>No hash: only the number of bytes is compared.</summary>
    None,

    /// <summary>SHA-256.</summary>
    Sha256,

    /// <summary>XXH3 of 128 bits: fast. Finds accidents, not attackers.</summary>
    Xxh128,
}

/// <summary>The hash of a file, and the function that computed it.</summary>
/// <param name="Function">Not <see cref="UploadHash.None"/>.</param>
/// <param name="Hex">The hash, lower-case hex.</param>
public sealed record UploadDigest(UploadHash Function, string Hex)
{
    private const string Sha256Name = "sha256";
    private const string Xxh128Name = "xxh128";
    internal const string NoneName = "none";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>The name of a hash function on the command line, in receipts and in manifests.</summary>
    public static string NameOf(UploadHash function) => function switch
    {
        UploadHash.Sha256 => Sha256Name,
        UploadHash.Xxh128 => Xxh128Name,
        _ => NoneName,
    };

    /// <summary>The names of the hash functions.</summary>
    public static IReadOnlyList<string> Functions { get; } = [Sha256Name, Xxh128Name, NoneName];

    /// <summary>The hash function of a name.</summary>
    /// <exception cref="FormatException">There is no such function.</exception>
    public static UploadHash ParseFunction(string name) =>
        name == NoneName ? UploadHash.None
        : FindFunction(name) is var function and not UploadHash.None ? function
        : throw new FormatException($"unknown hash '{name}'; use {Sha256Name}, {Xxh128Name} or {NoneName}");

    /// <returns><see cref="UploadHash.None"/> if no function has the name.</returns>
    internal static UploadHash FindFunction(string name) => name switch
    {
        Sha256Name => UploadHash.Sha256,
        Xxh128Name => UploadHash.Xxh128,
        _ => UploadHash.None,
    };

    /// <returns>Null if the text is not lower-case hex of the right length.</returns>
    internal static UploadDigest? TryCreate(UploadHash function, string? hex) =>
        hex?.Length == (function == UploadHash.Sha256 ? 64 : 32) && hex.AsSpan().IndexOfAnyExcept(HexDigits) < 0
            ? new UploadDigest(function, hex)
            : null;

    /// <summary>The function's name, a colon and the hash, as in a receipt.</summary>
    public override string ToString() => $"{NameOf(Function)}:{Hex}";
}
