using System.Buffers;
using System.Globalization;
using System.Text;

namespace Hawser.Tests.Simulation;

/// <summary>A client that sends one message and half-closes, as a client of the message service does. The server
/// returns the length of what it received.</summary>
/// <remarks>The handler stands in for MessageHandler, which cannot be simulated: its output runs on a thread of its
/// own. This one reads to the end in the same way.</remarks>
internal sealed class MessageConversation : Conversation
{
    private readonly byte[] _message;
    private readonly ArrayBufferWriter<byte> _recorded = new();
    private readonly ArrayBufferWriter<byte> _receipt = new();
    private bool _sawEnd;

    public MessageConversation(SimulatedRun run, int number) : base(run, number)
    {
        _message = new byte[1 + run.Scheduler.Random.Next(run.Scheduler.OneIn(4) ? 2000 : 300)];
        run.Scheduler.Random.NextBytes(_message);
    }

    private string Receipt => _message.Length.ToString(CultureInfo.InvariantCulture);

    protected override async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        if (await connection.WaitForInputAsync() != InputState.Ready)
            return;
        while (await connection.ReadAsync() is { IsEmpty: false } piece)
            _recorded.Write(piece.Span);
        _sawEnd = true;
        Run.Trace.Add(Name, $"the message has {_recorded.WrittenCount} bytes");
        await connection.WriteAsync(
            Encoding.ASCII.GetBytes(_recorded.WrittenCount.ToString(CultureInfo.InvariantCulture)));
    }

    protected override async Task WriteAsync()
    {
        if (await SendAsync(_message))
            Client.FinishSending();
    }

    protected override Task ReadAsync() => ReceiveToEndAsync(_receipt);

    protected override IEnumerable<string> ConversationViolations()
    {
        ReadOnlySpan<byte> recorded = _recorded.WrittenSpan;
        bool isWhole = recorded.SequenceEqual(_message);
        string receipt = Encoding.ASCII.GetString(_receipt.WrittenSpan);
        var violations = new List<string>();
        if (!_message.AsSpan().StartsWith(recorded))
            violations.Add("was recorded with wrong bytes");
        else if (!isWhole && (_sawEnd || (!IsExcused && (recorded.Length > 0 || BytesOwed > 0))))
            violations.Add($"had its message cut after {recorded.Length} of {_message.Length} bytes");
        if (!IsExcused && receipt != (isWhole ? Receipt : ""))
            violations.Add($"got the receipt '{receipt}' for {recorded.Length} of {_message.Length} bytes");
        return violations;
    }
}
