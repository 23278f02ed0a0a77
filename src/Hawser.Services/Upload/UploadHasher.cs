using System.Security.Cryptography;

namespace Hawser.Services.Upload;

/// <summary>Computes the hash of a file piece by piece.</summary>
/// <param name="function">Not <see cref="UploadHash.None"/>.</param>
public sealed class UploadHasher(UploadHash function) : IDisposable
{
    private readonly IncrementalHash? _sha256 =
        function == UploadHash.Sha256 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;

    private readonly XxHash128? _xxh128 = function == UploadHash.Xxh128 ? new XxHash128() : null;

    /// <summary>The hash function.</summary>
    public UploadHash Function => function;

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _sha256?.AppendData(bytes);
        _xxh128?.Append(bytes);
    }

    /// <summary>The hash of all bytes. Call it once.</summary>
    public UploadDigest Finish() => new(function,
        _xxh128 is null ? Convert.ToHexStringLower(_sha256!.GetHashAndReset()) : _xxh128.ToHex());

    /// <inheritdoc/>
    public void Dispose() => _sha256?.Dispose();
}
