namespace Hawser.Connections;

/// <summary>Closes a connection in order: reads to the peer's end, within bounds, before the socket is closed. Closing
/// with unread input would send a reset, which can destroy bytes in flight.</summary>
internal static class LingeringClose
{
    /// <summary>Half-closes and waits for the peer to do the same. Never throws.</summary>
    public static async ValueTask CloseAsync(Connection connection, TimeSpan linger)
    {
        try
        {
            // The handler may have written after a timeout: that arrives as well.
            if (!connection.EndsInOrder)
                return;
            await connection.FlushOutputAsync(CancellationToken.None);
            if (connection.TryFinishByClosing())
                return;
            await connection.FinishWritingAsync();
            // With a receive left pending by the handler, closing ends it. A peer at rest that has all answers is
            // not waited for.
            if (!connection.PeerHasFinished && !connection.IsReceiving
                && !(connection.HasStoppedAtRest && connection.BytesAcknowledged == connection.BytesSent))
                await connection.DiscardInputAsync(Deadline.After(linger, connection.Time));
        }
        catch (Exception)
        {
            // The connection ended otherwise, or a reader left by the handler interferes.
        }
        finally
        {
            connection.ReturnBuffers();
        }
    }
}
