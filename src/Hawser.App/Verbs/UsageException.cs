namespace Hawser.App.Verbs;

/// <summary>The command line does not make sense. The message says what would.</summary>
internal sealed class UsageException(string message) : Exception(message);
