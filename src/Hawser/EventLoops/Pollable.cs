using System.Net.Sockets;

namespace Hawser.EventLoops;

/// <summary>A socket that an <see cref="IPoller"/> watches.</summary>
internal abstract class Pollable
{
    protected Pollable(Socket socket)
    {
        Socket = socket;
        Descriptor = (int)socket.SafeHandle.DangerousGetHandle();
    }

    public Socket Socket { get; }

    /// <summary>The system's number of the socket; valid until its owner removes and closes it.</summary>
    public int Descriptor { get; }

    /// <summary>Where the poller keeps it; below zero while it is not watched.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>Connections are its input, and other loops may take them as well.</summary>
    public virtual bool IsListener => false;

    /// <summary>Somebody waits for input.</summary>
    public abstract bool WantsInput { get; }

    /// <summary>Somebody waits for room to send.</summary>
    public abstract bool WantsRoom { get; }

    /// <summary>The socket is ready. May be called when nobody waits; need not be called again before the socket was
    /// read, or written, until it would wait.</summary>
    /// <param name="input">There is input, an end, or an error.</param>
    /// <param name="room">There is room to send, or an error.</param>
    /// <param name="hidesMore">From now on a short read does not mean that the socket is empty: the peer has finished,
    /// the socket has failed, or urgent data divides the stream.</param>
    public abstract void OnReady(bool input, bool room, bool hidesMore);

    /// <summary>The loop ends, and with it whatever lives on it.</summary>
    public abstract void OnLoopEnded();
}
