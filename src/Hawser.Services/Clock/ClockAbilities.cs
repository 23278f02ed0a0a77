namespace Hawser.Services.Clock;

/// <summary>What an end can do beyond the minimum; unknown bits are refused.</summary>
[Flags]
internal enum ClockAbilities : byte
{
    None = 0,

    /// <summary>It can pack and unpack a recording with Brotli (RFC 7932).</summary>
    Brotli = 1,
}
