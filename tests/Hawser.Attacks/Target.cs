namespace Hawser.Attacks;

/// <summary>What an attack may know of its victim.</summary>
/// <param name="Victim">The server.</param>
/// <param name="Stop">Fires when the attack is to end.</param>
internal sealed record Target(Victim Victim, CancellationToken Stop)
{
    public string Service => Victim.Start.Service;

    public int Port => Victim.Port;

    /// <summary>Whether the attack goes on; waits that long first.</summary>
    public bool GoesOn(TimeSpan pause = default) => !Stop.WaitHandle.WaitOne(pause);
}
