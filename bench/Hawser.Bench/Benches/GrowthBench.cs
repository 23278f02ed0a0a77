using System.Globalization;
using Hawser.Bench.Growth;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;

namespace Hawser.Bench.Benches;

/// <summary><c>growth</c>: the cost of each model as load grows (by <c>hawser lab</c>), and its limits.</summary>
internal static class GrowthBench
{
    private const string QuickClients = "1,10,100";

    /// <summary>Options: <c>--rounds</c>, <c>--seconds</c>, <c>--warm-up</c> and <c>--clients</c> override the
    /// scenario's, <c>--patience 5</c> (timeout of clients at the limits, in seconds), and those of
    /// <see cref="ResultPage"/>.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        ResultPage page = await ResultPage.BeginAsync(
            "growth", "Cost of the models as load grows, and behaviour at limits", arguments);
        string commit = await Repository.CommitAsync();
        string hawser = await Repository.PublishHawserAsync();
        string now = DateTime.Now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        string folder = Repository.At("artifacts", "bench", $"growth-{now}");
        await GrowthLab.RunAsync(hawser, folder, LabOptions(arguments), (done, wanted) =>
        {
            if (done < wanted)
                SaveUnfinished(GrowthLab.Read(folder), $"{done} of {wanted} rounds of the lab");
        });
        GrowthResult result = GrowthLab.Read(folder) with { Commit = commit };
        var limits = new List<LimitTrial>();
        int trials = LimitTrials.CountFor(result.Models);
        await LimitTrials.RunAsync(hawser, result.Models, arguments.Seconds("patience", 5, quick: 1), trial =>
        {
            limits.Add(trial);
            result = result with { Limits = [.. limits] };
            Console.Error.WriteLine($"limits, {limits.Count} of {trials}: {trial.Model}, {trial.Limit}: "
                + (trial.Error ?? $"{trial.Answered} of {trial.Clients} answered"));
            SaveUnfinished(result, $"the lab and {limits.Count} of {trials} trials at limits");
        });
        page.SaveBeside(GrowthResult.FileName, result.ToJson());
        page.Save(text => GrowthPage.Write(text, result));

        void SaveUnfinished(GrowthResult soFar, string progress) =>
            page.SaveUnfinished(text => GrowthPage.Write(text, soFar), progress);
    }

    private static string[] LabOptions(Arguments arguments)
    {
        (string Lab, string Ours, string Quick, string Unit)[] names =
        [
            ("rounds", "rounds", "1", ""), ("duration", "seconds", "1", "s"), ("warm-up", "warm-up", "0.3", "s"),
            ("clients", "clients", QuickClients, ""),
        ];
        return
        [
            .. from name in names
               let text = arguments.Text(name.Ours, "", name.Quick)
               where text.Length > 0
               from word in (string[])[$"--{name.Lab}", text + name.Unit]
               select word,
        ];
    }
}
