namespace Hawser.App.Lab;

/// <summary>The order of the measurements: every round has all variants once, shuffled, so that other activity on the
/// machine affects all of them alike. Those to be measured together count as one.</summary>
internal static class LabPlan
{
    /// <summary>The variants, setting by setting, and the tasks. Other programs take part in the settings that configure
    /// only the load.</summary>
    public static IReadOnlyList<LabVariant> Variants(LabOptions options) =>
    [
        .. from setting in options.Settings
           from subject in options.Subjects
           where subject.TakesEverySetting || setting.IsForEveryServer
           select new LabVariant(subject, setting),
        .. options.Tasks.All.Select(task => task.Variant),
    ];

    /// <summary>The rounds, without end. Equal seeds give equal orders.</summary>
    public static IEnumerable<IReadOnlyList<IReadOnlyList<LabVariant>>> Rounds(LabOptions options)
    {
        var random = new Random(options.Seed);
        IReadOnlyList<LabVariant> variants = Variants(options);
        while (true)
        {
            LabVariant[] order = [.. variants];
            random.Shuffle(order);
            yield return
            [
                .. order.GroupBy(variant => variant.Setting.Together ? (object)variant.Setting : variant)
                    .Select(together => together.ToArray()),
            ];
        }
    }
}
