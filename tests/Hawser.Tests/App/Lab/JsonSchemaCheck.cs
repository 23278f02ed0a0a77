using System.Text.Json;

namespace Hawser.Tests.App.Lab;

/// <summary>Holds JSON against as much of JSON Schema (draft 2020-12) as our own schemas use. A word it does not
/// know is an error, so that no rule is passed over.</summary>
internal sealed class JsonSchemaCheck(JsonElement root)
{
    private readonly List<string> _violations = [];

    /// <summary>What breaks a rule, and where; empty when nothing does.</summary>
    public static IReadOnlyList<string> Violations(JsonElement schema, JsonElement value)
    {
        var check = new JsonSchemaCheck(schema);
        check.Check(schema, value, "$");
        return check._violations;
    }

    private void Check(JsonElement schema, JsonElement value, string at)
    {
        // Further rules are about what is not null.
        if (value.ValueKind == JsonValueKind.Null)
        {
            Require(schema.TryGetProperty("$ref", out _) || TypesOf(schema).Contains("null"), at, "is null");
            if (!schema.TryGetProperty("$ref", out _))
                return;
        }
        foreach (JsonProperty rule in schema.EnumerateObject())
        {
            switch (rule.Name)
            {
                case "$schema" or "$id" or "title" or "description" or "$defs" or "properties":
                    break;
                case "$ref":
                    Check(root.GetProperty("$defs").GetProperty(rule.Value.GetString()!["#/$defs/".Length..]), value,
                        at);
                    break;
                case "type":
                    Require(TypesOf(schema).Any(type => IsOfType(value, type)), at, $"is no {rule.Value}");
                    break;
                case "enum":
                    Require(rule.Value.EnumerateArray().Any(choice => JsonElement.DeepEquals(value, choice)), at,
                        $"is none of {rule.Value}");
                    break;
                case "const":
                    Require(JsonElement.DeepEquals(value, rule.Value), at, $"is not {rule.Value}");
                    break;
                case "minimum":
                    Require(value.GetDouble() >= rule.Value.GetDouble(), at, $"is less than {rule.Value}");
                    break;
                case "required":
                    foreach (JsonElement name in rule.Value.EnumerateArray())
                        Require(value.TryGetProperty(name.GetString()!, out _), at, $"has no {name}");
                    break;
                case "items":
                    foreach ((int index, JsonElement item) in value.EnumerateArray().Index())
                        Check(rule.Value, item, $"{at}[{index}]");
                    break;
                case "additionalProperties":
                    CheckMembers(schema, rule.Value, value, at);
                    break;
                default:
                    throw new NotSupportedException($"the check does not know '{rule.Name}'");
            }
        }
    }

    private void CheckMembers(JsonElement schema, JsonElement others, JsonElement value, string at)
    {
        schema.TryGetProperty("properties", out JsonElement known);
        foreach (JsonProperty member in value.EnumerateObject())
        {
            string place = $"{at}.{member.Name}";
            if (known.ValueKind == JsonValueKind.Object && known.TryGetProperty(member.Name, out JsonElement rule))
                Check(rule, member.Value, place);
            else if (others.ValueKind == JsonValueKind.Object)
                Check(others, member.Value, place);
            else
                Require(others.GetBoolean(), place, "is not in the schema");
        }
    }

    private void Require(bool holds, string at, string complaint)
    {
        if (!holds)
            _violations.Add($"{at} {complaint}");
    }

    private static string[] TypesOf(JsonElement schema) => !schema.TryGetProperty("type", out JsonElement type) ? []
        : type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(name => name.GetString()!)]
        : [type.GetString()!];

    private static bool IsOfType(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "number" => value.ValueKind == JsonValueKind.Number,
        "null" => value.ValueKind == JsonValueKind.Null,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        _ => throw new NotSupportedException($"the check does not know the type '{type}'"),
    };
}
