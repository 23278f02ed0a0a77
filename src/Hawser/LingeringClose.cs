namespace Hawser;

/// <summary>The orderly end of a connection: what was written arrives, because the peer is read to its own end, within
/// bounds, before the socket is closed. Closing with unread input would send a reset, which can destroy what is still
/// under way.</summary>
internal static class LingeringClose
{
    /// <summary>Half-closes, and waits for the peer to do the same: then the connection can be closed. Never
    /// throws.</summary>
    public static async ValueTask CloseAsync(Connection connection, TimeSpan linger)
    {
        try
        {
            // After a timeout the handler may have said so: that arrives as well.
            if (connection.EndsInOrder && connection.PeerHasFinished && connection.CloseFinishes)
            {
                // One system call less for each connection that the peer ends.
                await connection.FlushOutputAsync(CancellationToken.None);
            }
            else if (connection.EndsInOrder)
            {
                await connection.FinishWritingAsync();
                // A handler may have left with a receive under way; then its end is what closing is. And a peer at rest
                // that has all of its answer need not be waited for.
                if (!connection.PeerHasFinished && !connection.IsReceiving
                    && !(connection.HasStoppedAtRest && connection.BytesAcknowledged == connection.BytesSent))
                    await connection.DiscardInputAsync(Deadline.After(linger, connection.Time));
            }
        }
        catch (Exception)
        {
            // It ended in another way meanwhile, or a reader that the handler has left behind is in the way.
        }
        finally
        {
            connection.ReturnBuffers();
        }
    }
}
