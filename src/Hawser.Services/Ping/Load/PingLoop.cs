namespace Hawser.Services.Ping.Load;

/// <summary>A loop whose clients stay connected.</summary>
internal sealed class PingLoop : ILoadLoop
{
    private readonly ClientLoop _loop;
    private readonly PingTally _tally = new();
    private readonly PingTimeline _timeline;
    private readonly List<(int Number, PingLoadClient Client)> _clients;

    /// <summary>Starts the thread.</summary>
    /// <param name="options">The load.</param>
    /// <param name="timeline">Its times.</param>
    /// <param name="index">The loop's number, from 0.</param>
    /// <param name="loops">Number of loops.</param>
    public PingLoop(PingLoadOptions options, PingTimeline timeline, int index, int loops)
    {
        _loop = ClientLoop.Start($"hawser load {index + 1}");
        _timeline = timeline;
        _clients = [.. Enumerable.Range(0, options.Clients).Where(number => number % loops == index)
            .Select(number => (number, new PingLoadClient(_loop, number, options, timeline, _tally)))];
    }

    public Task RunAsync() => _loop.RunAsync(OpenAllAsync);

    public Task AddToAsync(PingTally total) => _loop.RunAsync(() =>
    {
        total.Add(_tally);
        return Task.CompletedTask;
    });

    public Task AbortAsync() => _loop.RunAsync(() =>
    {
        foreach ((_, PingLoadClient client) in _clients)
            client.Abort();
        return Task.CompletedTask;
    });

    public ValueTask DisposeAsync() => _loop.DisposeAsync();

    /// <summary>Opens the connections along the ramp and waits until all clients have ended.</summary>
    private async Task OpenAllAsync()
    {
        var running = new List<Task>(_clients.Count);
        foreach ((int number, PingLoadClient client) in _clients)
        {
            Deadline due = Deadline.At(_timeline.ConnectAt(number));
            if (!due.HasPassed)
                await Task.WhenAny(_timeline.AllConnected, Task.Delay(due.Remaining));
            if (client.IsAborted)
                break;
            running.Add(client.RunAsync());
        }
        await Task.WhenAll(running);
    }
}
