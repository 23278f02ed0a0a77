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

    /// <summary>The socket's descriptor; valid until its owner removes and closes it.</summary>
    public int Descriptor { get; }

    /// <summary>The poller's index; below zero while not watched.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>A listening socket, which several loops may watch.</summary>
    public virtual bool IsListener => false;

    /// <summary>The socket stays open when it is no longer watched.</summary>
    public virtual bool IsHandedOver => false;

    /// <summary>A receive is pending.</summary>
    public abstract bool WantsInput { get; }

    /// <summary>A send is pending.</summary>
    public abstract bool WantsRoom { get; }

    /// <summary>The socket is ready. May be called when nothing is pending. After a call, the next one may come only
    /// once a read or write would block.</summary>
    /// <param name="input">There is input, an end, or an error.</param>
    /// <param name="room">There is room to send, or an error.</param>
    /// <param name="hidesMore">From now on a short read does not prove the socket empty: the peer has finished, the
    /// socket has failed, or urgent data divides the stream.</param>
    public abstract void OnReady(bool input, bool room, bool hidesMore);

    /// <summary>The loop ends and its sockets must close.</summary>
    public abstract void OnLoopEnded();
}
