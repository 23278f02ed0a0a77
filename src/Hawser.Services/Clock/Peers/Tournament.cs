namespace Hawser.Services.Clock.Peers;

/// <summary>A round-robin tournament by the circle method. Players are the places 0 to count - 1 of the roster; every
/// two meet in exactly one round, and each has at most one partner in a round.</summary>
/// <remarks>One place stays and the others rotate; opposite places meet. With an odd count the fixed place is empty,
/// and the opposite player rests. See E. Lucas, "Les jeux de demoiselles", Récréations mathématiques, 1883.</remarks>
internal static class Tournament
{
    /// <summary>The result of <see cref="PartnerOf"/> for a player that rests.</summary>
    public const int Nobody = -1;

    /// <summary>The number of rounds: count - 1 for an even count, count for an odd one, 0 below two players.</summary>
    public static int RoundsFor(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return count < 2 ? 0 : Circle(count);
    }

    /// <summary>The partner of a player in a round, or <see cref="Nobody"/>. Rounds past the last repeat the
    /// tournament, for the next attempt of failed pairs.</summary>
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
