using System.Text;
using Hawser;

namespace TestedHandler;

/// <summary>Asks three questions. Each answer must arrive, with its line feed, within ten seconds.</summary>
public sealed class QuizHandler : IConnectionHandler
{
    public static readonly TimeSpan TimeToAnswer = TimeSpan.FromSeconds(10);

    private static readonly (string Question, string Answer)[] Questions =
        [("7 x 8 = ?", "56"), ("2 ^ 10 = ?", "1024"), ("0x2A = ?", "42")];

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        int right = 0;
        foreach ((string question, string answer) in Questions)
        {
            // The clock starts before the question is sent, so a peer that has the question knows it is running.
            using var timeIsUp = new CancellationTokenSource(TimeToAnswer, connection.Time);
            await SendAsync(connection, question);
            try
            {
                if (await connection.WaitForInputAsync(cancel: timeIsUp.Token) != InputState.Ready
                    || await connection.TryReadLineAsync(limit: 80, timeIsUp.Token) is not { } line)
                    return;
                right += Encoding.UTF8.GetString(line.Span).Trim() == answer ? 1 : 0;
            }
            catch (OperationCanceledException) when (timeIsUp.IsCancellationRequested)
            {
                await SendAsync(connection, "too late");
                return;
            }
        }
        await SendAsync(connection, $"{right} of {Questions.Length} are right");
    }

    private static ValueTask SendAsync(Connection connection, string line) =>
        connection.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));
}
