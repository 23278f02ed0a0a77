using System.Text.Json.Serialization;

namespace Hawser.App.Status;

/// <summary>What a client of the status socket asks for: docs/protocols.md, "Status".</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "command")]
[JsonDerivedType(typeof(ListRequest), "status")]
[JsonDerivedType(typeof(CloseRequest), "close")]
[JsonDerivedType(typeof(LimitsRequest), "limits")]
[JsonDerivedType(typeof(DrainRequest), "drain")]
internal abstract record StatusRequest;

/// <summary>The servers and their connections.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record ListRequest : StatusRequest
{
    /// <summary>Connections to list of each server; null for all.</summary>
    public int? Connections { get; init; }

    /// <summary>Which connections come first: one of <see cref="StatusProtocol.Orders"/>; null for the first.</summary>
    public string? Sort { get; init; }
}

/// <summary>Reset a connection.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record CloseRequest : StatusRequest
{
    public required string Server { get; init; }

    public required long Id { get; init; }
}

/// <summary>Change limits of a server, all or none.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record LimitsRequest : StatusRequest
{
    public required string Server { get; init; }

    /// <summary>New values by the names of the options of <c>serve</c>.</summary>
    public required IReadOnlyDictionary<string, string> Set { get; init; }
}

/// <summary>Stop as after SIGTERM.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record DrainRequest : StatusRequest;
