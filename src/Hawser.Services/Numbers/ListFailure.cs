namespace Hawser.Services.Numbers;

/// <summary>A list that could not be had, or is malformed.</summary>
/// <param name="List">Its number.</param>
/// <param name="Message">What is wrong, for people.</param>
public sealed record ListFailure(int List, string Message)
{
    /// <summary><c>list 17, byte 4711: ...</c>.</summary>
    public override string ToString() =>
        Message.StartsWith("byte ", StringComparison.Ordinal) ? $"list {List}, {Message}" : $"list {List}: {Message}";
}
