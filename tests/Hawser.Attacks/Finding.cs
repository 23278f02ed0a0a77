namespace Hawser.Attacks;

/// <summary>What only one attack can tell.</summary>
/// <param name="Text">For people.</param>
/// <param name="IsHole">Whether it breaks a promise.</param>
internal sealed record Finding(string Text, bool IsHole = false);
