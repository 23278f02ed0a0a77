namespace Hawser.Attacks;

/// <summary>What the figures of an attack mean. What is bold is a hole.</summary>
internal sealed record Verdict(
    Attack Attack, Victim Victim, Figures Before, Figures During, Figures After, StopResult Stop, bool HasFallen,
    Finding? Finding)
{
    // Slower than this a person notices it; below, the attacker's own use of the processor explains it.
    private const double SlowMs = 20;
    private const double SlowFactor = 10;
    private const double StallMs = 1000;
    private const int FewAnswers = 5;

    private const double FewAnswersShare = 0.1;

    // One second for stuck handlers and one for each log: docs/security.md.
    private static readonly TimeSpan StopLimit = VictimStart.DrainTimeout + TimeSpan.FromSeconds(3);

    public override string ToString()
    {
        string[] holes = [.. Holes()];
        string verdict = holes.Length > 0 ? string.Join("; ", holes.Select(hole => $"**{hole}**")) : Held();
        return Finding is { IsHole: false } ? $"{verdict}; {Finding.Text}" : verdict;
    }

    private IEnumerable<string> Holes()
    {
        if (HasFallen)
        {
            yield return $"fell, exit code {Stop.ExitCode}{Quote(Victim.Errors.LastOrDefault())}";
            yield break;
        }
        if (Attack.NeedsAnswers(Victim.Start.Service))
        {
            foreach (string hole in HolesOfAnswers())
                yield return hole;
        }
        if (Finding is { IsHole: true })
            yield return Finding.Text;
        if (Stop.ExitCode is null)
            yield return $"SIGTERM ignored for {Stop.Time.TotalSeconds:0} s";
        else if (Stop.Time > StopLimit)
            yield return FormattableString.Invariant($"stop took {Stop.Time.TotalSeconds:0.0} s");
        else if (Stop.ExitCode != 0)
            yield return $"stopped with exit code {Stop.ExitCode}";
    }

    private IEnumerable<string> HolesOfAnswers()
    {
        if (!Before.HasAnswers)
            yield return $"no answer before the attack{Quote(Before.Complaint)}";
        else if (!Attack.MayRefuse && During.Failed + During.Refused > 0)
            yield return $"honest clients failed{Quote(During.Complaint)}";
        else if (During.Failed + During.Refused > 0 && Reason() is null)
            yield return "refused without a reason";
        bool isTelling = !Attack.MayRefuse || During.Answered + During.Refused >= FewAnswers;
        if (isTelling && During.HasAnswers && During.MedianMs > Math.Max(SlowMs, SlowFactor * Before.MedianMs))
            yield return $"slowed {During.MedianMs / Before.MedianMs:0} times";
        else if (During.P99Ms > StallMs)
            yield return "stalls of over a second";
        else if (isTelling && During.Rate < FewAnswersShare * Before.Rate)
            yield return $"{During.Rate / Before.Rate:0 %} of the answers";
        if (!After.HasAnswers || After.Failed > 0)
            yield return $"not well after{Quote(After.Complaint)}";
    }

    private string Held() =>
        During.Failed + During.Refused > 0 && Reason() is { } reason ? $"refuses{Quote(reason)}" : "held";

    /// <summary>Why the server refuses: what it told the client, else what it logged.</summary>
    private string? Reason() => During.Refused > 0 ? During.Complaint
        : Victim.Errors.FirstOrDefault(line => line.Contains("WARNING: ", StringComparison.Ordinal)
            || line.Contains("ERROR: ", StringComparison.Ordinal));

    private static string Quote(string? words) =>
        words is null ? "" : $": '{words[..Math.Min(words.Length, 90)].Replace('|', '/')}'";
}
