using Hawser;
using Microsoft.Extensions.Logging;

namespace Worker;

/// <summary>Serves one connection. A new one is made for each, with what its constructor asks for.</summary>
public sealed partial class TallyHandler(Tally tally, ILogger<TallyHandler> logger) : IConnectionHandler
{
    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        while (await connection.WaitForInputAsync() == InputState.Ready
            && await connection.TryReadLineAsync(TallyProtocol.LongestLine) is { } line)
        {
            if (!TallyProtocol.TryParse(line.Span, out string name, out long number))
            {
                await connection.WriteAsync(TallyProtocol.Error());
                throw new ProtocolException(TallyProtocol.Rule);
            }
            long sum = tally.Add(name, number);
            LogAdded(connection.Id, number, name);
            await connection.WriteAsync(TallyProtocol.Answer(name, sum));
        }
    }

    [LoggerMessage(LogLevel.Information, "Connection {Connection} added {Number} to {Name}")]
    private partial void LogAdded(long connection, long number, string name);
}
