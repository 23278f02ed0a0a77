using Hawser.App.Lab;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LabPlanTest
{
    [Fact]
    public void Every_round_has_every_variant_once()
    {
        LabOptions options = Options(seed: 3);

        Assert.All(LabPlan.Rounds(options).Take(8), round =>
            Assert.Equivalent(LabPlan.Variants(options), round, strict: true));
    }

    [Fact]
    public void Rounds_differ_in_their_order() =>
        Assert.True(LabPlan.Rounds(Options(seed: 3)).Take(8).Select(Text).Distinct().Count() > 1);

    [Fact]
    public void The_same_seed_gives_the_same_order_and_another_another()
    {
        string[] order = [.. LabPlan.Rounds(Options(seed: 3)).Take(8).Select(Text)];

        Assert.Equal(order, LabPlan.Rounds(Options(seed: 3)).Take(8).Select(Text));
        Assert.NotEqual(order, LabPlan.Rounds(Options(seed: 4)).Take(8).Select(Text));
    }

    private static string Text(IReadOnlyList<LabVariant> round) => string.Join("; ", round);

    private static LabOptions Options(int seed) => new()
    {
        Subjects = [.. ((string[])["a", "b", "c"]).Select(name => new LabSubject(name, name, null))],
        Settings = [new LabSetting(1), new LabSetting(50)],
        Rounds = 8,
        Seed = seed,
        Command = "",
    };
}
