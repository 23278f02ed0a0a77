namespace Hawser.Bench.Rivals;

/// <summary>Copies a file to another over the loopback interface.</summary>
/// <param name="Name">Its name in the results.</param>
/// <param name="SendAsync">Copies the first file to the second, which does not exist yet, and returns the
/// time.</param>
internal sealed record FileSender(string Name, Func<string, string, Task<FileTransfer>> SendAsync)
{
    /// <summary>The receiver stores the bytes, so that they can be compared.</summary>
    public bool KeepsBytes { get; init; } = true;

    /// <summary>Other senders are compared with it.</summary>
    public bool IsRival { get; init; }
}
