namespace Hawser.Services.Clock;

/// <summary>What a client says when its recording is over and its file is closed.</summary>
/// <param name="Recording">Size and hash of the file.</param>
/// <param name="Sent">Ticks sent.</param>
/// <param name="Answered">Ticks answered.</param>
/// <param name="Missed">Ticks missed.</param>
internal readonly record struct RecordingDone(RecordingDigest Recording, uint Sent, uint Answered, uint Missed);
