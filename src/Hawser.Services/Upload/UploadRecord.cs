using System.Buffers;
using System.Text.Json;

namespace Hawser.Services.Upload;

/// <summary>What the manifest says of one upload.</summary>
/// <param name="Number">Its number in the folder.</param>
/// <param name="Peer">Who sent it.</param>
/// <param name="Start">When the connection was taken, UTC.</param>
/// <param name="End">When the file stood, UTC.</param>
/// <param name="Bytes">Bytes stored.</param>
/// <param name="Sha256">Their SHA-256, lower-case hex; null when nothing was stored.</param>
/// <param name="Error">Why nothing was stored; null when it was.</param>
internal sealed record UploadRecord(
    long Number, string Peer, DateTimeOffset Start, DateTimeOffset End, long Bytes, string? Sha256, string? Error)
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
            json.WriteString("sha256", Sha256);
            json.WriteString("state", Error is null ? "stored" : "error");
            if (Error is not null)
                json.WriteString("error", Error);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <returns>Null when the line is not a record.</returns>
    public static UploadRecord? TryParse(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            bool stored = root.GetProperty("state").GetString() == "stored";
            return new UploadRecord(
                root.GetProperty("number").GetInt64(),
                root.GetProperty("peer").GetString() ?? "",
                root.GetProperty("start").GetDateTimeOffset(),
                root.GetProperty("end").GetDateTimeOffset(),
                root.GetProperty("bytes").GetInt64(),
                root.GetProperty("sha256").GetString(),
                stored ? null : root.GetProperty("error").GetString() ?? "");
        }
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
