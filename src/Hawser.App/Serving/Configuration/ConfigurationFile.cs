using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.App.Tls;

namespace Hawser.App.Serving.Configuration;

/// <summary>A file of options: JSON with comments and trailing commas. Its names are those of the options without
/// dashes.</summary>
/// <remarks>
/// <code>
/// { option: value, ..., "services": { service: { option: value, ... }, ... } }
/// </code>
/// A value is a string, a number, true or false, or a list of strings for a repeatable option.
/// </remarks>
internal sealed class ConfigurationFile
{
    private const string ServicesKey = "services";
    private const string SchemaKey = "$schema";

    private readonly string _path;
    private readonly byte[] _text;

    private ConfigurationFile(string path, byte[] text)
    {
        _path = path;
        _text = text;
    }

    /// <summary>The options of every service.</summary>
    public IReadOnlyList<Setting> Common { get; private set; } = [];

    /// <summary>The services to run, with their own options; null if the file names none.</summary>
    public IReadOnlyList<(Setting Service, IReadOnlyList<Setting> Settings)>? Services { get; private set; }

    /// <summary>Reads a file.</summary>
    /// <param name="origin">What named it, for errors.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="UsageException">It cannot be read, or is malformed; the message names the line.</exception>
    public static ConfigurationFile Read(string origin, string path)
    {
        byte[] text = UsageException.Guard(() => PemFile.Read(origin, path)).Bytes;
        if (!Utf8.IsValid(text))
            throw new UsageException($"{path}: is not UTF-8");
        if (text.AsSpan().StartsWith(Encoding.UTF8.Preamble))
            text = text[Encoding.UTF8.Preamble.Length..];
        var file = new ConfigurationFile(path, text);
        var reader = new Utf8JsonReader(text, new JsonReaderOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
        });
        try
        {
            file.ReadAll(ref reader);
        }
        catch (JsonException e)
        {
            throw new UsageException($"{path}, {JsonFault.Describe(e)}");
        }
        return file;
    }

    private void ReadAll(ref Utf8JsonReader reader)
    {
        reader.Read();
        Require(ref reader, JsonTokenType.StartObject, "the file", "an object");
        Common = ReadObject(ref reader, mayHaveServices: true);
        // Anything but a comment is an error.
        reader.Read();
    }

    private List<Setting> ReadObject(ref Utf8JsonReader reader, bool mayHaveServices = false)
    {
        var settings = new List<Setting>();
        var names = new HashSet<string>();
        while (ReadName(ref reader, names) is { } name)
        {
            reader.Read();
            if (mayHaveServices && name.Name == ServicesKey)
                ReadServices(ref reader);
            else if (mayHaveServices && name.Name == SchemaKey)
                reader.Skip();
            else
                settings.Add(name with { Values = ReadValues(ref reader, name.Name) });
        }
        return settings;
    }

    private void ReadServices(ref Utf8JsonReader reader)
    {
        Require(ref reader, JsonTokenType.StartObject, ServicesKey, "an object");
        var services = new List<(Setting, IReadOnlyList<Setting>)>();
        var names = new HashSet<string>();
        while (ReadName(ref reader, names) is { } service)
        {
            reader.Read();
            Require(ref reader, JsonTokenType.StartObject, service.Name, "an object");
            services.Add((service, ReadObject(ref reader)));
        }
        if (services.Count == 0)
            throw Error(ref reader, $"{ServicesKey}: no service; name one, or leave it out to serve all");
        Services = services;
    }

    /// <returns>Null at the end of the object.</returns>
    private Setting? ReadName(ref Utf8JsonReader reader, HashSet<string> names)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
            return null;
        string name = Text(ref reader, "a name");
        return names.Add(name)
            ? new Setting(name, [], Origin(ref reader))
            : throw Error(ref reader, $"{name}: given twice; give it once");
    }

    private List<string> ReadValues(ref Utf8JsonReader reader, string name)
    {
        var values = new List<string>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            values.Add(ReadValue(ref reader, name));
            return values;
        }
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            values.Add(ReadValue(ref reader, name));
        return values;
    }

    private string ReadValue(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.String => Text(ref reader, name),
        JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False => Encoding.UTF8.GetString(reader.ValueSpan),
        _ => throw Error(ref reader, $"{name}: expected a string, a number, true, false, or a list of strings"),
    };

    private string Text(ref Utf8JsonReader reader, string name)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Error(ref reader, $"{name}: \\u escapes half of a character; escape both halves, or use UTF-8");
        }
    }

    private void Require(ref Utf8JsonReader reader, JsonTokenType type, string name, string expected)
    {
        if (reader.TokenType != type)
            throw Error(ref reader, $"{name}: expected {expected}");
    }

    private UsageException Error(ref Utf8JsonReader reader, string why) => new($"{Origin(ref reader)}: {why}");

    private string Origin(ref Utf8JsonReader reader) =>
        $"{_path}, line {1 + _text.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n')}";
}
