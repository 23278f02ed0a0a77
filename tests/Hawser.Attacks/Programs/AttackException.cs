namespace Hawser.Attacks.Programs;

/// <summary>An attack cannot be run. The message says why and what to do.</summary>
internal sealed class AttackException(string message) : Exception(message);
