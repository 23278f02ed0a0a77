namespace Hawser.Services.Upload;

/// <summary>Where an upload server stores what it receives: a folder, or what
/// <see cref="ServiceEnvironment.OpenUploadStore"/> opens. It numbers uploads from 1 without a gap, and shows each whole
/// or not at all.</summary>
public interface IUploadStore : IAsyncDisposable
{
    /// <summary>Descriptors that one upload needs at the most, its connection not counted.</summary>
    int DescriptorsPerUpload { get; }

    /// <summary>Begins the upload of a connection: gives it a number that no other upload has or gets.</summary>
    /// <exception cref="UploadRefusedException">A limit leaves no room, or the store cannot be reached.</exception>
    /// <exception cref="IOException">The store failed.</exception>
    Task<IPendingUpload> BeginAsync(Connection connection);
}
