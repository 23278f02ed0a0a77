namespace Hawser.Services.Clock.Peers;

/// <summary>
/// Who plays whom when everybody plays everybody: the circle method. Players are places 0 .. count - 1 in the roster;
/// every two meet in exactly one round, and in no round has anybody more than one partner.
/// </summary>
/// <remarks>
/// One place stays, the others walk around a circle and meet who faces them; with an odd count the place that stays is
/// nobody, and who faces it rests. See E. Lucas, "Les jeux de demoiselles", Récréations mathématiques, 1883.
/// </remarks>
internal static class Tournament
{
    /// <summary>What <see cref="PartnerOf"/> answers to one who rests.</summary>
    public const int Nobody = -1;

    /// <summary>
    /// How many rounds it takes: count - 1 when it is even, count when it is odd, 0 below two players.
    /// </summary>
    public static int RoundsFor(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return count < 2 ? 0 : Circle(count);
    }

    /// <summary>
    /// The partner of a player in a round, or <see cref="Nobody"/>. Rounds past the last begin the same tournament
    /// anew, which is how a failed pair gets its next try.
    /// </summary>
    public static int PartnerOf(int player, int round, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(round);
        ArgumentOutOfRangeException.ThrowIfNegative(player);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(player, count);
        if (count < 2)
            return Nobody;
        int circle = Circle(count);
        int facing = round % circle;
        int fixedPlace = count % 2 == 0 ? circle : Nobody;
        if (player == fixedPlace)
            return facing;
        if (player == facing)
            return fixedPlace;
        return ((2 * facing) - player + circle) % circle;
    }

    private static int Circle(int count) => count % 2 == 0 ? count - 1 : count;
}
