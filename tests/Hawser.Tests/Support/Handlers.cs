namespace Hawser.Tests.Support;

/// <summary>The protocols that several tests speak.</summary>
internal static class Handlers
{
    private static readonly byte[] LineFeed = "\n"u8.ToArray();

    /// <summary>Echoes all input until the peer finishes.</summary>
    public static async Task EchoAsync(Connection connection)
    {
        while (await connection.ReadAsync() is { IsEmpty: false } bytes)
            await connection.WriteAsync(bytes);
    }

    /// <summary>Sends back every line, and rests between two.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="begun">Called when a line has begun: the connection is no longer idle.</param>
    public static async Task EchoLinesAsync(Connection connection, Action begun)
    {
        while (await connection.WaitForInputAsync() == InputState.Ready)
        {
            begun();
            if (await connection.TryReadLineAsync(1024) is not { } line)
                return;
            await connection.WriteAsync(line.ToArray());
            await connection.WriteAsync(LineFeed);
        }
    }

    public static Task EchoLinesAsync(Connection connection) => EchoLinesAsync(connection, () => { });

    /// <summary>Reads to the end without answering.</summary>
    public static async Task DiscardAsync(Connection connection)
    {
        while (!(await connection.ReadAsync()).IsEmpty)
        {
        }
    }
}
