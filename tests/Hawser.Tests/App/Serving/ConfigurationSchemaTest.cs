using System.CommandLine;
using System.CommandLine.Completions;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hawser.App.Serving.Configuration;
using Hawser.App.Verbs;
using Hawser.Models;
using Hawser.Tests.App.Lab;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Serving;

/// <summary>The schema for editors is made of the options.</summary>
/// <remarks>After a change, <c>HAWSER_GUIDE=update</c> in the environment writes it anew.</remarks>
public sealed class ConfigurationSchemaTest
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly string Schema = ProgramRepository.PathOf("packaging", "hawser.schema.json");

    [Fact]
    public void The_schema_has_every_option()
    {
        string made = Make().ToJsonString(Format) + "\n";
        if (Environment.GetEnvironmentVariable("HAWSER_GUIDE") == "update")
            File.WriteAllText(Schema, made);
        Assert.Equal(made, File.ReadAllText(Schema));
    }

    [Fact]
    public void The_sample_fits_the_schema_and_the_program()
    {
        string sample = ProgramRepository.PathOf("packaging", "hawser.json");
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Schema));
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllText(sample), new JsonDocumentOptions
            {
                CommentHandling = JsonCommentHandling.Skip,
                AllowTrailingCommas = true,
            });
        Assert.Empty(JsonSchemaCheck.Violations(schema.RootElement, document.RootElement));

        string[] words = ["serve", "--config", sample];
        Assert.Equal(2, ServePlan.Read(
            VerbCatalog.CreateRoot(words).Parse(words), words, new Dictionary<string, string>()).Services.Count);
    }

    private static JsonObject Make()
    {
        Command serve = VerbCatalog.CreateRoot(["serve"]).Subcommands.Single();
        var services = new JsonObject();
        foreach (Command service in serve.Subcommands)
            services[service.Name] = OptionsOf(service, service.Description!, ProcessOptions.OfProcess);
        JsonObject schema = OptionsOf(serve, "Options of all services.", []);
        JsonObject options = schema["properties"]!.AsObject();
        options["$schema"] = new JsonObject { ["type"] = "string" };
        options["services"] = new JsonObject
        {
            ["description"] = "The services to run; without it, all of them.",
            ["type"] = "object",
            ["properties"] = services,
            ["additionalProperties"] = false,
        };
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "Configuration of hawser serve");
        return schema;
    }

    private static JsonObject OptionsOf(Command command, string description, IReadOnlyList<Option> except)
    {
        var properties = new JsonObject();
        foreach (Symbol symbol in command.Arguments.Concat<Symbol>(command.Options).Except(except)
            .Where(symbol => Setting.NamesOf(command).Contains(Setting.NameOf(symbol))))
            properties[Setting.NameOf(symbol)] = SchemaOf(symbol);
        return new JsonObject
        {
            ["description"] = description,
            ["type"] = "object",
            ["properties"] = properties,
            ["additionalProperties"] = false,
        };
    }

    private static JsonObject SchemaOf(Symbol symbol)
    {
        var schema = new JsonObject { ["description"] = symbol.Description };
        Type type = symbol is Option option ? option.ValueType : ((Argument)symbol).ValueType;
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(ConcurrencyModel))
            schema["enum"] = new JsonArray([.. ConcurrencyModels.All.Select(model => JsonValue.Create(model.Name))]);
        else if (type == typeof(bool))
            schema["type"] = "boolean";
        else if (type == typeof(int))
            schema["type"] = "integer";
        else if (type.IsArray)
            AddArray(schema);
        else if (symbol.GetCompletions(CompletionContext.Empty).Select(choice => choice.Label).ToArray() is [_, ..] choices)
            schema["enum"] = new JsonArray([.. choices.Select(choice => JsonValue.Create(choice))]);
        else
            schema["type"] = new JsonArray("string", "number");
        return schema;
    }

    private static void AddArray(JsonObject schema)
    {
        schema["type"] = "array";
        schema["items"] = new JsonObject { ["type"] = new JsonArray("string", "number") };
    }
}
