using System.Text.Json.Serialization;

namespace Hawser.App.Status;

/// <summary>A line of the status socket's answer: docs/protocols.md, "Status". Unknown members are skipped, for clients
/// older than the server.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ServerStatus), "server")]
[JsonDerivedType(typeof(ConnectionStatus), "connection")]
[JsonDerivedType(typeof(StatusEnd), "end")]
[JsonDerivedType(typeof(StatusError), "error")]
internal abstract record StatusAnswer;

/// <summary>The last line of an answer.</summary>
internal sealed record StatusEnd : StatusAnswer;

/// <summary>The last line of the answer to a request that failed.</summary>
internal sealed record StatusError(string Message) : StatusAnswer;
