namespace Hawser.App.Lab;

/// <summary>What is compared: a Hawser server under one model, or a running server.</summary>
/// <param name="Name">Its name in the results.</param>
/// <param name="Model">The model to start a server with; null for a running server.</param>
/// <param name="Address">HOST:PORT of a running server; null for one to start.</param>
internal sealed record LabSubject(string Name, string? Model, string? Address);
