namespace Hawser.App.Status;

/// <summary>Serves the status socket: one answer to each request, in order.</summary>
/// <param name="answering">Completes with what answers; clients wait until then.</param>
internal sealed class StatusHandler(Task<StatusBoard> answering) : IConnectionHandler
{
    // Lines are sent together.
    private const int FlushedBytes = 32 * 1024;

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        StatusBoard board = await answering.WaitAsync(stopping);
        try
        {
            while (await connection.WaitForInputAsync() == InputState.Ready
                && await connection.TryReadLineAsync(StatusProtocol.LongestRequest) is { } line)
            {
                await AnswerAsync(connection, board, StatusProtocol.ParseRequest(line.Span));
            }
        }
        catch (ProtocolException broken)
        {
            await SendAsync(connection, new StatusError(broken.Message));
            throw;
        }
    }

    private static async Task AnswerAsync(Connection connection, StatusBoard board, StatusRequest request)
    {
        StatusAnswer end = new StatusEnd();
        try
        {
            foreach (StatusAnswer answer in board.Answer(request))
            {
                StatusProtocol.Write(connection.Output, answer);
                if (connection.Output.UnflushedBytes >= FlushedBytes)
                    await connection.Output.FlushAsync();
            }
        }
        catch (FormatException refused)
        {
            end = new StatusError(refused.Message);
        }
        await SendAsync(connection, end);
    }

    private static async Task SendAsync(Connection connection, StatusAnswer answer)
    {
        StatusProtocol.Write(connection.Output, answer);
        await connection.Output.FlushAsync();
    }
}
