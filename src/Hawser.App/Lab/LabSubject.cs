namespace Hawser.App.Lab;

/// <summary>What is compared: a server of our own under one model, or somebody's that already runs.</summary>
/// <param name="Name">What the results call it.</param>
/// <param name="Model">The model to start a server under; null for a server that runs.</param>
/// <param name="Address">HOST:PORT of a server that runs; null for one to be started.</param>
internal sealed record LabSubject(string Name, string? Model, string? Address);
