using System.Net.Sockets;

namespace Hawser.Attacks;

/// <summary>One way to harm a server. It has an upper bound on connections, and ends soon after
/// <see cref="Target.Stop"/>.</summary>
internal abstract class Attack
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(5);

    /// <summary>As <c>--only</c> has it.</summary>
    public abstract string Name { get; }

    /// <summary>The services that it means something to.</summary>
    public abstract IReadOnlyList<string> Services { get; }

    /// <summary>Whether the server may refuse polite clients too, because a resource is used up.</summary>
    public virtual bool MayRefuse => false;

    /// <summary>Whether polite clients must be answered; if not, only the stop counts.</summary>
    public virtual bool NeedsAnswers(string service) => true;

    /// <summary>What is missing here to run it; null: nothing.</summary>
    public virtual string? Missing => null;

    /// <summary>How the server is started.</summary>
    public virtual VictimStart Prepare(VictimStart start) => start;

    /// <summary>Attacks, on the calling thread.</summary>
    public abstract void Run(Target target);

    /// <summary>What only this attack can tell, before its end; null: nothing.</summary>
    public virtual Finding? Inspect(Target target) => null;

    /// <summary>Frees what the attack has used up, as an administrator would.</summary>
    public virtual void CleanUp(Target target)
    {
    }

    /// <summary>Opens connections, up to a bound, and closes them at the end.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="bound">The most connections.</param>
    /// <param name="body">What is done with them.</param>
    /// <param name="receiveBuffer">SO_RCVBUF; null: the system's.</param>
    protected static void Hold(Target target, int bound, Action<List<Socket>> body, int? receiveBuffer = null)
    {
        var sockets = new List<Socket>();
        try
        {
            for (int i = 0; i < bound && target.GoesOn(); i++)
            {
                if (Wire.TryConnect(target.Port, receiveBuffer) is { } socket)
                    sockets.Add(socket);
            }
            body(sockets);
        }
        finally
        {
            foreach (Socket socket in sockets)
                socket.Dispose();
        }
    }

    /// <summary>Keeps every connection's send buffer full until the end.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="sockets">The connections; those that end are left out from then on.</param>
    /// <param name="next">The next bytes of a connection, by its place.</param>
    /// <param name="reads">Whether what the server sends is read.</param>
    protected static void Pump(Target target, IReadOnlyList<Socket> sockets, Func<int, byte[]> next, bool reads)
    {
        byte[] sink = new byte[64 * 1024];
        ArraySegment<byte>[] rest = [.. sockets.Select((_, i) => new ArraySegment<byte>(next(i)))];
        var ended = new HashSet<int>();
        while (target.GoesOn() && ended.Count < sockets.Count)
        {
            bool moved = false;
            for (int i = 0; i < sockets.Count; i++)
            {
                if (ended.Contains(i))
                    continue;
                int? sent = Wire.TrySend(sockets[i], rest[i]);
                int? received = reads ? Wire.TryReceive(sockets[i], sink) : 0;
                if (sent is null || received is null)
                {
                    ended.Add(i);
                    continue;
                }
                moved |= sent + received > 0;
                rest[i] = sent == rest[i].Count ? next(i) : rest[i][sent.Value..];
            }
            if (!moved)
                target.GoesOn(Moment);
        }
        // Ended or not, the attack lasts as long as the phase.
        target.GoesOn(Timeout.InfiniteTimeSpan);
    }
}
