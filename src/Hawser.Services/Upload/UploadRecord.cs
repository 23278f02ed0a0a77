using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Hawser.Services.Upload;

/// <summary>A line of the manifest.</summary>
/// <param name="Number">Its number in the folder.</param>
/// <param name="Peer">The client's address.</param>
/// <param name="Start">When the connection was accepted, UTC.</param>
/// <param name="End">When the file was stored, UTC.</param>
/// <param name="Bytes">Bytes stored.</param>
/// <param name="Digest">Their hash; null if the upload was refused.</param>
/// <param name="Error">Why the upload was refused; null if it was stored.</param>
internal sealed record UploadRecord(
    long Number, string Peer, DateTimeOffset Start, DateTimeOffset End, long Bytes, UploadDigest? Digest, string? Error)
{
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("number", Number);
            json.WriteString("peer", Peer);
            json.WriteString("start", Start);
            json.WriteString("end", End);
            json.WriteNumber("bytes", Bytes);
            json.WriteString(UploadDigest.NameOf(Digest?.Function ?? UploadHash.Sha256), Digest?.Hex);
            json.WriteString("state", Error is null ? "stored" : "error");
            if (Error is not null)
                json.WriteString("error", Error);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <returns>Null if the line is not a record, or the record of a stored file without a hash that this version
    /// knows.</returns>
    public static UploadRecord? TryParse(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            bool stored = root.GetProperty("state").GetString() == "stored";
            UploadDigest? digest = FindDigest(root, UploadHash.Sha256) ?? FindDigest(root, UploadHash.Xxh128);
            return stored && digest is null ? null : new UploadRecord(
                root.GetProperty("number").GetInt64(),
                root.GetProperty("peer").GetString() ?? "",
                root.GetProperty("start").GetDateTimeOffset(),
                root.GetProperty("end").GetDateTimeOffset(),
                root.GetProperty("bytes").GetInt64(),
                digest,
                stored ? null : root.GetProperty("error").GetString() ?? "");
        }
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static UploadDigest? FindDigest(JsonElement root, UploadHash function) =>
        root.TryGetProperty(UploadDigest.NameOf(function), out JsonElement hex)
            ? UploadDigest.TryCreate(function, hex.GetString())
            : null;

    /// <summary>Whether a line that is not a record may be a truncated one: the beginning of a JSON object.</summary>
    public static bool IsBeginning(string line)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(line), isFinalBlock: false, default);
        try
        {
            while (reader.Read())
            {
            }
            return line.StartsWith('{') && (reader.TokenType != JsonTokenType.EndObject || reader.CurrentDepth > 0);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
