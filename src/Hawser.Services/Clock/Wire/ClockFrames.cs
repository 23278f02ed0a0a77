namespace Hawser.Services.Clock.Wire;

/// <summary>Reads and writes the frames of one connection.</summary>
/// <remarks>For one reader and one writer at a time, like the connection.</remarks>
internal sealed class ClockFrames(Connection connection)
{
    private byte[] _read = new byte[64];
    private byte[] _written = new byte[64];
    private int _length;

    /// <summary>The type of the last frame read.</summary>
    public ClockMessage Type { get; private set; }

    /// <summary>The payload of that frame; valid until the next read.</summary>
    public ReadOnlySpan<byte> Payload => _read.AsSpan(ClockProtocol.HeaderSize, _length);

    /// <summary>Reads a whole frame.</summary>
    /// <returns>A result other than <see cref="InputState.Ready"/> means no frame. After
    /// <see cref="InputState.TimedOut"/>, another call continues a frame that arrived in part.</returns>
    /// <exception cref="ProtocolException">The frame breaks the protocol or is truncated.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async ValueTask<InputState> ReadAsync(Deadline deadline = default, CancellationToken cancel = default)
    {
        InputState state = await connection.WaitForInputAsync(ClockProtocol.HeaderSize, deadline, cancel);
        if (state != InputState.Ready)
            return state;
        (Type, _length) = ClockProtocol.ReadHeader(connection.Buffered.Span);
        int whole = ClockProtocol.HeaderSize + _length;
        state = await connection.WaitForInputAsync(whole, deadline, cancel);
        if (state != InputState.Ready)
            return state;
        if (_read.Length < whole)
            _read = new byte[whole];
        await connection.TryReadExactlyAsync(_read.AsMemory(0, whole));
        return state;
    }

    /// <summary>Reads a frame of one type.</summary>
    /// <exception cref="ProtocolException">The frame has another type, is truncated, or did not arrive in
    /// time.</exception>
    /// <exception cref="EndOfStreamException">The peer finished instead.</exception>
    public async ValueTask ExpectAsync(ClockMessage type, Deadline deadline = default)
    {
        InputState state = await ReadAsync(deadline);
        if (state == InputState.Finished)
            throw new EndOfStreamException($"expected {type}, but the peer closed the connection");
        ClockProtocol.Rule(state != InputState.Ready ? $"no {type} arrived in time"
            : Type != type ? $"expected {type}, got {Type}"
            : null);
    }

    /// <summary>Sends Alive and reads the server's answer.</summary>
    /// <exception cref="ProtocolException">There is no answer in time, or it is not Alive, a page of the roster or
    /// Goodbye.</exception>
    public async ValueTask AskAsync()
    {
        await SendAsync(ClockProtocol.WriteAlive(Room(0)));
        InputState state = await ReadAsync(Deadline.After(ClockTiming.AnswerPatience));
        ClockProtocol.Rule(state == InputState.TimedOut ? "the server does not answer"
            : state != InputState.Ready ? "the server closed the connection"
            : Type is ClockMessage.Alive or ClockMessage.Roster or ClockMessage.Goodbye ? null
            : $"{Type} is not an answer to Alive");
    }

    /// <summary>Parses the Goodbye that was read last.</summary>
    /// <exception cref="ProtocolException">It says that this end broke a rule, or it is malformed.</exception>
    public Goodbye ReadGoodbye()
    {
        Goodbye goodbye = ClockProtocol.ReadGoodbye(Payload);
        ClockProtocol.Rule(goodbye.Reason == GoodbyeReason.BrokenRule ? $"the other end refuses: {goodbye.Rule}" : null);
        return goodbye;
    }

    /// <summary>Returns room for a frame with a payload of that size, header included. Then call
    /// <see cref="SendAsync"/>.</summary>
    public Span<byte> Room(int payload)
    {
        if (_written.Length < ClockProtocol.HeaderSize + payload)
            _written = new byte[ClockProtocol.HeaderSize + payload];
        return _written;
    }

    /// <summary>Sends a Goodbye.</summary>
    public ValueTask SendGoodbyeAsync(Goodbye goodbye) =>
        SendAsync(ClockProtocol.WriteGoodbye(Room(1 + goodbye.Rule.Length), goodbye));

    /// <summary>Sends the first bytes of the room.</summary>
    public ValueTask SendAsync(int length) => connection.WriteAsync(_written.AsMemory(0, length));
}
