using System.Globalization;
using System.Text;
using Hawser.Services.Text;

namespace Hawser.Services.Upload;

/// <summary>The line with which a server answers an upload, after the client's half-close (FIN).</summary>
/// <remarks>
/// An upload is the file's bytes and nothing else. The receipt is one line of ASCII, at most 256 bytes:
/// <code>
/// "OK" SP n ".file" SP bytes SP hash [SP "synced"] LF
/// "ERROR" SP reason LF
/// hash = "sha256:" 64 lower-case hex digits / "xxh128:" 32 lower-case hex digits / "none"
/// </code>
/// </remarks>
/// <param name="FileName">The file's name in the server's folder; null if the upload was refused.</param>
/// <param name="Bytes">Bytes stored.</param>
/// <param name="Digest">Their hash; null for none.</param>
/// <param name="Synced">File and folder were synced to disk first.</param>
/// <param name="Refusal">Why the upload was refused; null if it was stored.</param>
public sealed record UploadReceipt(string? FileName, long Bytes, UploadDigest? Digest, bool Synced, string? Refusal)
{
    /// <summary>The size limit of a receipt in bytes, including its line feed.</summary>
    public const int LineLimit = 256;

    /// <summary>The receipt of a stored file.</summary>
    public static UploadReceipt Stored(string fileName, long bytes, UploadDigest? digest, bool synced) =>
        new(fileName, bytes, digest, synced, null);

    /// <summary>The receipt of a refused upload.</summary>
    public static UploadReceipt Refused(string reason) => new(null, 0, null, false, reason);

    /// <summary>Reads a receipt, without its line feed.</summary>
    /// <exception cref="ProtocolException">The line is not a receipt.</exception>
    public static UploadReceipt Parse(ReadOnlySpan<byte> line)
    {
        string text = Encoding.Latin1.GetString(line);
        if (text.StartsWith("ERROR ", StringComparison.Ordinal))
            return Refused(Printable.Of(text["ERROR ".Length..]));
        string[] parts = text.Split(' ');
        bool synced = parts.Length == 5 && parts[4] == "synced";
        if ((parts.Length == 4 || synced)
            && parts[0] == "OK"
            && UploadName.TryParse(parts[1], out _)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out long bytes))
        {
            return Stored(parts[1], bytes, ParseDigest(parts[3]), synced);
        }
        if (text.StartsWith("token ", StringComparison.Ordinal))
            throw new ProtocolException("the server requires a token; use --token-file");
        throw new ProtocolException("the server's answer is not a receipt; is it an upload server?");
    }

    /// <summary>The line, with its line feed.</summary>
    public byte[] ToLine()
    {
        string line = Refusal is null
            ? $"OK {FileName} {Bytes} {(Digest is null ? UploadDigest.NoneName : Digest)}{(Synced ? " synced" : "")}"
            : $"ERROR {Refusal.ReplaceLineEndings(" ")}";
        return Encoding.ASCII.GetBytes(line[..Math.Min(line.Length, LineLimit - 1)] + "\n");
    }

    private static UploadDigest? ParseDigest(string text)
    {
        if (text == UploadDigest.NoneName)
            return null;
        string[] parts = text.Split(':', 2);
        UploadHash function = UploadDigest.FindFunction(parts[0]);
        if (function == UploadHash.None)
        {
            throw new ProtocolException(
                $"unknown hash in the receipt: '{Printable.Of(text)}'; known are sha256, xxh128 and none");
        }
        return UploadDigest.TryCreate(function, parts.ElementAtOrDefault(1))
            ?? throw new ProtocolException($"malformed hash in the receipt: '{Printable.Of(text)}'");
    }
}
