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
            Assert.Equivalent(LabPlan.Variants(options), round.Select(Assert.Single), strict: true));
    }

    [Fact]
    public void What_is_measured_together_comes_at_once()
    {
        LabOptions options = Options(seed: 3);
        options = options with { Settings = [.. options.Settings.Select(setting => setting with { Together = true })] };

        Assert.All(LabPlan.Rounds(options).Take(8), round =>
        {
            Assert.Equal(2, round.Count);
            Assert.All(round, together => Assert.Single(together.Select(variant => variant.Setting).Distinct()));
            Assert.Equivalent(LabPlan.Variants(options), round.SelectMany(together => together), strict: true);
        });
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

    private static string Text(IReadOnlyList<IReadOnlyList<LabVariant>> round) =>
        string.Join("; ", round.SelectMany(together => together));

    private static LabOptions Options(int seed) => new()
    {
        Subjects = [.. ((string[])["a", "b", "c"]).Select(name => new LabSubject(name, name, null))],
        Settings = [new LabSetting(1), new LabSetting(50)],
        Rounds = 8,
        Seed = seed,
        Command = "",
    };
}
