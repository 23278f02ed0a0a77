namespace Hawser.Services.Clock;

/// <summary>What became of a client's ticks.</summary>
/// <param name="Sent">Ticks that were sent.</param>
/// <param name="Answered">Those of them that were answered: the exchanges made.</param>
/// <param name="Missed">Ticks that were not sent, because their time had passed.</param>
internal readonly record struct ExchangeCounts(long Sent, long Answered, long Missed)
{
    /// <summary>Ticks sent and never answered.</summary>
    public long Lost => Sent - Answered;
}
