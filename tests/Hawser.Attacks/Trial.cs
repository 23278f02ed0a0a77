using Hawser.Attacks.Clients;

namespace Hawser.Attacks;

/// <summary>One attack on one service under one model: a row of the table.</summary>
internal sealed class Trial(Attack attack, VictimStart start, TimeSpan duration)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(1);
    // The runtime opens some of its own.
    private const int MostNewDescriptors = 20;

    private static readonly TimeSpan ForTheAttackToEnd = TimeSpan.FromSeconds(20);

    /// <summary>The figures alone, under attack and from a second after it, then a stop under attack.</summary>
    /// <exception cref="Programs.AttackException">The server does not start.</exception>
    public async Task<string[]> RunAsync()
    {
        using Victim victim = await Victim.StartAsync(attack.Prepare(start));
        using PoliteClient polite = PoliteClient.Create(start.Service, victim.Port);
        await polite.MeasureAsync(WarmUp);
        Figures before = await polite.MeasureAsync(duration);
        double memory = victim.Megabytes();
        int descriptors = victim.Descriptors();

        Figures during = before;
        Finding? finding = null;
        double memoryDuring = 0;
        string? fault = await WhileAttackedAsync(victim, async target =>
        {
            during = await polite.MeasureAsync(duration);
            memoryDuring = victim.Megabytes();
            if (victim.IsAlive)
                finding = attack.Inspect(target);
        });
        if (victim.IsAlive)
            attack.CleanUp(new Target(victim, CancellationToken.None));
        await Task.Delay(Recovery);
        Figures after = await polite.MeasureAsync(duration);

        int leaked = victim.Descriptors() - descriptors;
        int? fell = victim.ExitCodeSoon();
        var stop = new StopResult(TimeSpan.Zero, fell);
        if (fell is null)
        {
            fault ??= await WhileAttackedAsync(victim, async target =>
            {
                target.GoesOn(WarmUp);
                stop = await victim.StopAsync();
            });
        }
        var verdict = new Verdict(attack, victim, before, during, after, stop, HasFallen: fell is not null, finding);
        string[] remarks =
        [
            verdict.ToString(),
            .. leaked > MostNewDescriptors ? [$"**{leaked} descriptors leaked**"] : Array.Empty<string>(),
            .. memoryDuring > memory + 100 ? [$"memory {memory:0} to {memoryDuring:0} MB"] : Array.Empty<string>(),
            .. fault is null ? Array.Empty<string>() : [$"the attack itself failed: {fault}"],
        ];
        return
        [
            attack.Name, start.Service, start.Model, $"{before}", $"{during}", $"{after}", string.Join("; ", remarks),
        ];
    }

    /// <summary>Runs the attack beside the body, and ends it.</summary>
    /// <returns>What went wrong with the attack itself; null: nothing.</returns>
    private async Task<string?> WhileAttackedAsync(Victim victim, Func<Target, Task> body)
    {
        using var stop = new CancellationTokenSource();
        var target = new Target(victim, stop.Token);
        var ended = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => ended.SetResult(Attack(target))) { IsBackground = true, Name = attack.Name }.Start();
        try
        {
            await body(target);
        }
        finally
        {
            await stop.CancelAsync();
        }
        return await ended.Task.WaitAsync(ForTheAttackToEnd);
    }

    private string? Attack(Target target)
    {
        try
        {
            attack.Run(target);
            return null;
        }
        catch (Exception e)
        {
            // The outermost edge of the thread: the row says it, and the next attack is run.
            return e.Message;
        }
    }
}
