using System.Buffers;
using System.Text;

namespace Hawser.Tests.Simulation;

/// <summary>A client that pipelines lines and gets an answer to each.</summary>
/// <param name="run">The run.</param>
/// <param name="number">The client's number.</param>
/// <param name="handle">The handler under test.</param>
/// <param name="answer">The answer to a line; both end with a line feed.</param>
/// <param name="makeLine">The client's n-th line.</param>
internal sealed class LineConversation(
    SimulatedRun run, int number, Func<Connection, CancellationToken, Task> handle, Func<int, string> makeLine,
    Func<string, string> answer) : Conversation(run, number)
{
    private readonly string[] _lines =
        [.. Enumerable.Range(1, run.Scheduler.Random.Next(1, 25)).Select(makeLine)];

    private readonly ArrayBufferWriter<byte> _received = new();

    private int WholeLines => _lines.Length - (Manners == ClientManners.FinishesMidMessage ? 1 : 0);

    protected override Task HandleAsync(Connection connection, CancellationToken stopping) =>
        handle(connection, stopping);

    protected override async Task WriteAsync()
    {
        byte[] all = Encoding.ASCII.GetBytes(string.Concat(_lines));
        bool isCut = Manners == ClientManners.FinishesMidMessage;
        int cut = isCut ? 1 + Run.Scheduler.Random.Next(_lines[^1].Length - 1) : 0;
        if (!await SendAsync(all.AsMemory(0, all.Length - cut)))
            return;
        long answers = _lines.Sum(line => answer(line).Length);
        while (Manners == ClientManners.FinishesAfterAnswers && Client.BytesReceived < answers && !Client.IsOver)
            await Client.ChangeAsync();
        if (Manners == ClientManners.Stays)
            await AwaitEndAsync();
        Client.FinishSending();
    }

    protected override Task ReadAsync() => ReceiveToEndAsync(_received);

    protected override IEnumerable<string> ConversationViolations()
    {
        string received = Encoding.ASCII.GetString(_received.WrittenSpan);
        int answered = 0;
        int length = 0;
        long owedFrom = 0;
        int owed = 0;
        for (int i = 0; i < WholeLines; i++)
        {
            string expected = answer(_lines[i]);
            if (answered == i && received.AsSpan(length).StartsWith(expected))
            {
                answered++;
                length += expected.Length;
            }
            if (owedFrom < BytesOwed)
                owed++;
            owedFrom += _lines[i].Length;
        }
        string rest = received[length..];
        bool isWrong = answered == WholeLines
            ? !MayFollow(rest)
            : !answer(_lines[answered]).StartsWith(rest, StringComparison.Ordinal);
        if (isWrong)
            yield return $"got a wrong answer {answered + 1}: '{rest}'";
        else if (rest.Length > 0 && Client.SawEnd && !MayFollow(rest))
            yield return $"got an answer that is cut: '{rest}'";
        if (answered < owed)
            yield return $"got {answered} of {owed} answers: its message is cut";
    }

    /// <summary>Ping names the rule that an unfinished line breaks.</summary>
    private bool MayFollow(string rest) =>
        rest.Length == 0
        || (Manners == ClientManners.FinishesMidMessage
            && rest.AsSpan().StartsWith("ERROR: ".AsSpan(0, Math.Min(rest.Length, "ERROR: ".Length))));
}
