namespace Hawser.Services.Clock;

/// <summary>
/// What precedes the chunks of a recording. The receiver checks it against the roster before it takes any.
/// </summary>
/// <param name="IsBrotli">Whether the chunks are one Brotli stream, or the recording as it is.</param>
/// <param name="Recording">Size and hash of the recording, unpacked.</param>
internal readonly record struct Offer(bool IsBrotli, RecordingDigest Recording);
