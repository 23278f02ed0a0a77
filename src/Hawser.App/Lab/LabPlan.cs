namespace Hawser.App.Lab;

/// <summary>In which order variants are measured: every round has all of them once, shuffled, so that whatever else
/// happens on the machine hits all alike.</summary>
internal static class LabPlan
{
    /// <summary>The variants, setting by setting. Servers that already run take part where nothing is asked of the
    /// server itself.</summary>
    public static IReadOnlyList<LabVariant> Variants(LabOptions options) =>
    [
        .. from setting in options.Settings
           from subject in options.Subjects
           where subject.Address is null || setting.IsForEveryServer
           select new LabVariant(subject, setting),
    ];

    /// <summary>The rounds. The same seed gives the same order.</summary>
    public static IReadOnlyList<IReadOnlyList<LabVariant>> Rounds(LabOptions options)
    {
        var random = new Random(options.Seed);
        IReadOnlyList<LabVariant> variants = Variants(options);
        var rounds = new List<IReadOnlyList<LabVariant>>();
        for (int round = 0; round < options.Rounds; round++)
        {
            LabVariant[] order = [.. variants];
            random.Shuffle(order);
            rounds.Add(order);
        }
        return rounds;
    }
}
