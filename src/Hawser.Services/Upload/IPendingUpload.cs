namespace Hawser.Services.Upload;

/// <summary>An upload in progress. Nobody sees its content before <see cref="PublishAsync"/>.</summary>
/// <remarks>Call <see cref="ReceiveAsync"/>, then <see cref="PublishAsync"/>; after a failure of either,
/// <see cref="FailAsync"/>. Disposing discards what was neither published nor recorded as failed.</remarks>
public interface IPendingUpload : IAsyncDisposable
{
    /// <summary>Its name in the store: the number and <c>.file</c>.</summary>
    string Name { get; }

    /// <summary>Receives until the client half-closes.</summary>
    /// <exception cref="UploadRefusedException">A limit is reached.</exception>
    /// <exception cref="ConnectionClosedException">The client reset the connection or timed out.</exception>
    /// <exception cref="IOException">The store failed.</exception>
    Task ReceiveAsync(Connection connection);

    /// <summary>Makes the whole upload visible under its name. Once this returns, the receipt holds whatever becomes of
    /// this server.</summary>
    /// <exception cref="UploadRefusedException">The store has no room for it, or no longer expects it.</exception>
    /// <exception cref="IOException">The store failed.</exception>
    Task<UploadReceipt> PublishAsync();

    /// <summary>Records that the upload with this number failed. Never throws: what cannot be recorded is
    /// logged.</summary>
    /// <param name="reason">The reason, as sent to the client.</param>
    Task FailAsync(string reason);
}
