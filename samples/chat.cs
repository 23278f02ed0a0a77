#:project ../src/Hawser/Hawser.csproj
#:property PublishAot=false
using System.Globalization;
using System.Net;
using System.Text;
using System.Threading.Channels;
using Hawser;
using Hawser.Models;

// A chat room: dotnet run samples/chat.cs -- epoll 7000, then in several terminals: nc 127.0.0.1 7000
string model = args.Length > 0 ? args[0] : "epoll";
int port = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 7000;
await using Server server = Server.Start(new ChatHandler(), new ServerOptions
{
    EndPoints = [new IPEndPoint(IPAddress.Loopback, port)],
    Model = ConcurrencyModels.Get(model),
    // Members may listen for a long time without sending.
    Limits = new ServerLimits { Connections = 200, IdleTimeout = TimeSpan.FromHours(1) },
});
Console.WriteLine($"Listening on {server.EndPoints[0]}");
await server.Completion;

internal sealed class ChatHandler : IConnectionHandler
{
    private readonly Room _room = new();

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        Member member = _room.Join($"guest {connection.Id}");
        try
        {
            await connection.DuplexAsync(
                async over =>
                {
                    while (await connection.WaitForInputAsync(cancel: over) == InputState.Ready
                        && await connection.TryReadLineAsync(limit: 512, over) is { } line)
                        _room.Say($"{member.Name}: {Encoding.UTF8.GetString(line.Span)}");
                },
                async over =>
                {
                    // A slow reader blocks only itself: every member has a queue.
                    await foreach (byte[] line in member.Lines.ReadAllAsync(over))
                        await connection.WriteAsync(line, over);
                });
        }
        finally
        {
            _room.Leave(member);
        }
    }
}

/// <summary>The members. Thread-safe; no call waits for a member.</summary>
internal sealed class Room
{
    private readonly HashSet<Member> _members = [];
    private readonly Lock _gate = new();

    public Member Join(string name)
    {
        var member = new Member(name);
        lock (_gate)
            _members.Add(member);
        Say($"* {name} has joined");
        return member;
    }

    public void Leave(Member member)
    {
        lock (_gate)
            _members.Remove(member);
        Say($"* {member.Name} has left");
    }

    /// <summary>Posts one line at a time, so that all members read the same order.</summary>
    public void Say(string line)
    {
        // Control characters would let one member drive the terminals of others.
        byte[] bytes = Encoding.UTF8.GetBytes(string.Concat(line.Where(c => !char.IsControl(c))) + "\n");
        lock (_gate)
        {
            foreach (Member member in _members)
                member.Post(bytes);
        }
    }
}

/// <summary>A member with a queue of 64 lines. A slow reader loses lines that do not fit and gets their number instead,
/// and keeps its place in the room.</summary>
internal sealed class Member(string name)
{
    private readonly Channel<byte[]> _queue = Channel.CreateBounded<byte[]>(64);
    private int _missed;

    public string Name { get; } = name;

    public ChannelReader<byte[]> Lines => _queue.Reader;

    /// <summary>Queues a line; never waits. Not thread-safe.</summary>
    public void Post(byte[] line)
    {
        if (_missed > 0 && _queue.Writer.TryWrite(Encoding.UTF8.GetBytes($"* you missed {_missed} lines\n")))
            _missed = 0;
        if (_missed > 0 || !_queue.Writer.TryWrite(line))
            _missed++;
    }
}
