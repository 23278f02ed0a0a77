namespace Hawser.Bench.Rivals;

/// <summary>The time of one transfer.</summary>
/// <param name="Seconds">Time from the sender's exec until the receiver has all bytes.</param>
/// <param name="TransferSeconds">Time that the sender itself reports; null if it reports none.</param>
internal readonly record struct FileTransfer(double Seconds, double? TransferSeconds = null);
