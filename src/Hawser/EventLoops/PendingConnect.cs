using System.Net.Sockets;

namespace Hawser.EventLoops;

/// <summary>A non-blocking connect that has begun; on the loop's thread.</summary>
internal sealed class PendingConnect(EventLoop loop, Socket socket) : Pollable(socket)
{
    private readonly ParkedOperation _end = new();

    public override bool IsHandedOver => true;

    public override bool WantsInput => false;

    public override bool WantsRoom => _end.IsParked;

    /// <summary>Waits until the socket has connected or failed.</summary>
    /// <returns>False at the deadline.</returns>
    /// <exception cref="ObjectDisposedException">The loop has ended and closed the socket.</exception>
    public async ValueTask<bool> WaitAsync(Deadline deadline)
    {
        loop.Own(this);
        try
        {
            bool isReady;
            do
            {
                isReady = await loop.Park(_end, deadline);
            }
            while (isReady && !Socket.Poll(0, SelectMode.SelectWrite));
            return isReady;
        }
        finally
        {
            loop.Disown(this);
        }
    }

    public override void OnReady(bool input, bool room, bool hidesMore) => loop.Complete(_end);

    public override void OnLoopEnded()
    {
        loop.Disown(this);
        Socket.Dispose();
        loop.Complete(_end, error: new ObjectDisposedException(nameof(EventLoop)));
    }
}
