using FsCheck;
using FsCheck.Fluent;
using Hawser.Services.Clock.Peers;
using Xunit;

namespace Hawser.Tests.Services.Clock.Peers;

public sealed class TournamentTest
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(50)]
    [InlineData(1000)]
    [InlineData(1001)]
    public void Every_pair_meets_once_with_one_partner_per_round(int count) => AssertFair(count);

    [Fact]
    public void Every_pair_meets_once_for_any_count() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, 120)), AssertFair).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(1001, 1001)]
    [InlineData(1002, 1001)]
    public void An_even_count_takes_one_round_less_and_an_odd_count_as_many_as_there_are(int count, int rounds) =>
        Assert.Equal(rounds, Tournament.RoundsFor(count));

    [Fact]
    public void After_the_last_round_the_same_tournament_starts_again() =>
        Assert.Equal(Tournament.PartnerOf(3, 2, 9), Tournament.PartnerOf(3, 2 + Tournament.RoundsFor(9), 9));

    [Fact]
    public void With_an_odd_count_each_rests_once()
    {
        for (int player = 0; player < 7; player++)
            Assert.Equal(1, Enumerable.Range(0, 7).Count(round => Tournament.PartnerOf(player, round, 7) < 0));
    }

    private static void AssertFair(int count)
    {
        var met = new bool[count, count];
        for (int round = 0; round < Tournament.RoundsFor(count); round++)
        {
            for (int player = 0; player < count; player++)
            {
                int partner = Tournament.PartnerOf(player, round, count);
                if (partner == Tournament.Nobody)
                {
                    Assert.True(count % 2 == 1);
                    continue;
                }

                Assert.NotEqual(player, partner);
                Assert.Equal(player, Tournament.PartnerOf(partner, round, count));
                Assert.False(met[player, partner]);
                met[player, partner] = true;
            }
        }

        Assert.Equal(count * (count - 1), met.Cast<bool>().Count(pair => pair));
    }
}
