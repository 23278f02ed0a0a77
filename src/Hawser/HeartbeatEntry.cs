using Hawser.EventLoops;

namespace Hawser;

/// <summary>What the heartbeat keeps of a connection.</summary>
internal sealed class HeartbeatEntry(Connection connection) : Scheduled
{
    public Connection Connection => connection;

    /// <summary>When its wait was ended for a timeout; 0 when it was not.</summary>
    public long InterruptedAt { get; set; }

    public void FallDueAt(long due) => Due = due;
}
