namespace Hawser.Bench.Rivals;

/// <summary>One file that was sent.</summary>
/// <param name="Seconds">From the sender's exec until the receiver had all.</param>
/// <param name="TransferSeconds">What the sender itself says of the transfer; null when it says nothing.</param>
internal readonly record struct FileTransfer(double Seconds, double? TransferSeconds = null);
