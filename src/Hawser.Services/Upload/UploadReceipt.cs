using System.Buffers;
using System.Globalization;
using System.Text;
using Hawser.Services.Text;

namespace Hawser.Services.Upload;

/// <summary>The line with which a server answers an upload, after the client's half-close (FIN).</summary>
/// <remarks>
/// An upload is the file's bytes and nothing else. The receipt is one line of ASCII, at most 256 bytes:
/// <code>
/// "OK" SP n ".file" SP bytes SP "sha256:" 64 lower-case hex digits [SP "synced"] LF
/// "ERROR" SP reason LF
/// </code>
/// </remarks>
/// <param name="FileName">The file's name in the server's folder; null if the upload was refused.</param>
/// <param name="Bytes">Bytes stored.</param>
/// <param name="Sha256">Their SHA-256, lower-case hex.</param>
/// <param name="Synced">File and folder were synced to disk first.</param>
/// <param name="Refusal">Why the upload was refused; null if it was stored.</param>
public sealed record UploadReceipt(string? FileName, long Bytes, string? Sha256, bool Synced, string? Refusal)
{
    /// <summary>The size limit of a receipt in bytes, including its line feed.</summary>
    public const int LineLimit = 256;

    private const string HashPrefix = "sha256:";
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>The receipt of a stored file.</summary>
    public static UploadReceipt Stored(string fileName, long bytes, string sha256, bool synced) =>
        new(fileName, bytes, sha256, synced, null);

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
            && UploadFolder.TryParseName(parts[1], out _)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)
            && IsHash(parts[3]))
        {
            return Stored(parts[1], bytes, parts[3][HashPrefix.Length..], synced);
        }
        throw new ProtocolException("the server's answer is not a receipt");
    }

    /// <summary>The line, with its line feed.</summary>
    public byte[] ToLine()
    {
        string line = Refusal is null
            ? $"OK {FileName} {Bytes} {HashPrefix}{Sha256}{(Synced ? " synced" : "")}"
            : $"ERROR {Refusal.ReplaceLineEndings(" ")}";
        return Encoding.ASCII.GetBytes(line[..Math.Min(line.Length, LineLimit - 1)] + "\n");
    }

    private static bool IsHash(string text) =>
        text.StartsWith(HashPrefix, StringComparison.Ordinal)
        && text.Length == HashPrefix.Length + 64
        && text.AsSpan(HashPrefix.Length).IndexOfAnyExcept(HexDigits) < 0;
}
