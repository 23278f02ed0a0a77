namespace Hawser.Tests.Support;

/// <summary>The protocols that several tests speak.</summary>
internal static class Handlers
{
    private static readonly byte[] LineFeed = "\n"u8.ToArray();

    /// <summary>Sends back whatever comes, until the peer finishes.</summary>
    public static async Task EchoAsync(Connection connection)
    {
        while (await connection.ReadAsync() is { IsEmpty: false } bytes)
            await connection.WriteAsync(bytes);
    }

    /// <summary>Sends back every line, and rests between two.</summary>
    public static async Task EchoLinesAsync(Connection connection)
    {
        while (await connection.WaitForInputAsync() == InputState.Ready
            && await connection.TryReadLineAsync(1024) is { } line)
        {
            await connection.WriteAsync(line.ToArray());
            await connection.WriteAsync(LineFeed);
        }
    }

    /// <summary>Reads to the end and says nothing.</summary>
    public static async Task DiscardAsync(Connection connection)
    {
        while (!(await connection.ReadAsync()).IsEmpty)
        {
        }
    }
}
