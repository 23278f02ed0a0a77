namespace Hawser.Services.Clock.Wire;

/// <summary>The frames of one connection, each whole: read one after the other, and written from one buffer.</summary>
/// <remarks>For one reader and one writer at a time, as the connection is.</remarks>
internal sealed class ClockFrames(Connection connection)
{
    private byte[] _read = new byte[64];
    private byte[] _written = new byte[64];
    private int _length;

    /// <summary>Which message was read last.</summary>
    public ClockMessage Type { get; private set; }

    /// <summary>Its payload; valid until the next read.</summary>
    public ReadOnlySpan<byte> Payload => _read.AsSpan(ClockProtocol.HeaderSize, _length);

    /// <summary>Waits for a whole frame and takes it.</summary>
    /// <returns>Anything but <see cref="InputState.Ready"/>: none was taken. After <see cref="InputState.TimedOut"/>
    /// one that has come in part can be waited for again.</returns>
    /// <exception cref="ProtocolException">It is none of the protocol, or was cut off.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled while it waited.</exception>
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

    /// <summary>Takes a frame of one type.</summary>
    /// <exception cref="ProtocolException">It is another, was cut off, or did not come in time.</exception>
    /// <exception cref="EndOfStreamException">The peer finished instead.</exception>
    public async ValueTask ExpectAsync(ClockMessage type, Deadline deadline = default)
    {
        InputState state = await ReadAsync(deadline);
        if (state == InputState.Finished)
            throw new EndOfStreamException($"the peer finished where a {type} was to come");
        ClockProtocol.Rule(state != InputState.Ready ? $"a {type} was to come, and nothing came"
            : Type != type ? $"a {type} was to come, not a {Type}"
            : null);
    }

    /// <summary>A client says that it is alive, and hears that its server is.</summary>
    /// <exception cref="ProtocolException">It is not, or answers with something else than Alive, a page of the roster
    /// or Goodbye.</exception>
    public async ValueTask AskAsync()
    {
        await SendAsync(ClockProtocol.WriteAlive(Room(0)));
        InputState state = await ReadAsync(Deadline.After(ClockTiming.AnswerPatience));
        ClockProtocol.Rule(state == InputState.TimedOut ? "the server does not answer any more"
            : state != InputState.Ready ? "the server closed the connection"
            : Type is ClockMessage.Alive or ClockMessage.Roster or ClockMessage.Goodbye ? null
            : $"{Type} is no answer to Alive");
    }

    /// <summary>The Goodbye that was read last.</summary>
    /// <exception cref="ProtocolException">It says that this end broke a rule, or is none.</exception>
    public Goodbye ReadGoodbye()
    {
        Goodbye goodbye = ClockProtocol.ReadGoodbye(Payload);
        ClockProtocol.Rule(goodbye.Reason == GoodbyeReason.BrokenRule ? $"the other end refuses: {goodbye.Rule}" : null);
        return goodbye;
    }

    /// <summary>Room for a frame with that payload, header included; then <see cref="SendAsync"/>.</summary>
    public Span<byte> Room(int payload)
    {
        if (_written.Length < ClockProtocol.HeaderSize + payload)
            _written = new byte[ClockProtocol.HeaderSize + payload];
        return _written;
    }

    /// <summary>Sends a Goodbye.</summary>
    public ValueTask SendGoodbyeAsync(Goodbye goodbye) =>
        SendAsync(ClockProtocol.WriteGoodbye(Room(1 + goodbye.Rule.Length), goodbye));

    /// <summary>Writes the first bytes of the room.</summary>
    public ValueTask SendAsync(int length) => connection.WriteAsync(_written.AsMemory(0, length));
}
