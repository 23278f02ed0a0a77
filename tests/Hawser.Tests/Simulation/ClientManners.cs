namespace Hawser.Tests.Simulation;

/// <summary>How a simulated client ends its side of the conversation.</summary>
internal enum ClientManners
{
    /// <summary>Half-closes right after its last message.</summary>
    FinishesAtOnce,

    /// <summary>Half-closes when it has all answers.</summary>
    FinishesAfterAnswers,

    /// <summary>Half-closes in the middle of its last message.</summary>
    FinishesMidMessage,

    /// <summary>Waits for the server to end.</summary>
    Stays,

    /// <summary>Resets at some moment.</summary>
    Resets,
}
