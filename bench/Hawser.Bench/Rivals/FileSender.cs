namespace Hawser.Bench.Rivals;

/// <summary>A way to bring a file into another over the loopback interface.</summary>
/// <param name="Name">What the results call it.</param>
/// <param name="SendAsync">Brings the first of the files into the second, which is not there yet, and gives
/// the time.</param>
internal sealed record FileSender(string Name, Func<string, string, Task<FileTransfer>> SendAsync)
{
    /// <summary>The receiver keeps the bytes, so that they can be compared.</summary>
    public bool KeepsBytes { get; init; } = true;

    /// <summary>The others are compared with it.</summary>
    public bool IsRival { get; init; }
}
