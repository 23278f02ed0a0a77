using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Spectre.Console;

namespace Hawser.App.Status.Top;

/// <summary>Runs <c>hawser top</c>: asks the servers, draws, and carries keys out. Each process is asked on its own, so that
/// one that does not answer holds up no other.</summary>
/// <param name="choice">Which servers.</param>
/// <param name="interval">The time between two samples.</param>
internal sealed class TopRun(ServerChoice choice, TimeSpan interval)
{
    private const int MostConnections = 1000;

    // Only the task that takes the changes touches it.
    private readonly TopState _state = new();

    // Whatever happens beside the screen, as what it does to the state.
    private readonly Channel<Action> _changes = Channel.CreateUnbounded<Action>();

    private static readonly TimeSpan MessageTime = TimeSpan.FromSeconds(5);

    // By the paths of their sockets.
    private readonly ConcurrentDictionary<string, StatusClient> _watched = new();
    private readonly HashSet<StatusClient> _acting = [];
    private volatile ListRequest _request = new();

    /// <exception cref="IOException">There is no terminal, or no server.</exception>
    public async Task<int> RunAsync()
    {
        IAnsiConsole console = Terminal.Output;
        if (Console.IsInputRedirected || Console.IsOutputRedirected || !console.Profile.Capabilities.Ansi)
            throw new IOException("top needs a terminal; use hawser status, which prints once");
        RequestAsOrdered();
        IReadOnlyList<RunningServer> found = await RunningServer.FindAsync(choice, _request, CancellationToken.None);
        foreach (RunningServer server in found)
            _state.Take(server.Client, server.Status, server.Connections, Stopwatch.GetTimestamp());
        var signal = new StopSignal();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(signal.Token);
        using var screen = new FullScreen(console.Profile.Out.Writer);
        using PosixSignalRegistration? resized = WatchSize();
        Task finding = FindAsync([.. found.Select(server => server.Client).Distinct()], over.Token);
        ReadKeys(over);
        try
        {
            await ShowAsync(
                () => screen.Draw(TopScreen.Draw(_state, console.Profile.Width, console.Profile.Height)), over.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // A key, a signal, or the terminal has gone.
        }
        await over.CancelAsync();
        await finding;
        return ExitCode.Done;
    }

    private async Task ShowAsync(Action draw, CancellationToken stop)
    {
        do
        {
            while (_changes.Reader.TryRead(out Action? change))
                change();
            stop.ThrowIfCancellationRequested();
            RequestAsOrdered();
            draw();
        }
        while (await _changes.Reader.WaitToReadAsync(stop));
    }

    private void RequestAsOrdered() =>
        _request = new ListRequest { Connections = MostConnections, Sort = _state.RequestedOrder };

    /// <summary>Watches the processes that have answered once, and those that start.</summary>
    /// <returns>Completes when no process is watched any more.</returns>
    private async Task FindAsync(IReadOnlyList<StatusClient> clients, CancellationToken stop)
    {
        List<Task> watches = [.. clients.Select(client => WatchAsync(client, interval, stop))];
        try
        {
            while (true)
            {
                await Task.Delay(interval, stop);
                try
                {
                    watches.AddRange((await StatusClient.ConnectAllAsync(choice.Socket, [.. _watched.Keys], _ => { }, stop))
                        .Select(client => WatchAsync(client, TimeSpan.Zero, stop)));
                }
                catch (IOException e)
                {
                    Show(e.Message);
                }
                watches.RemoveAll(watch => watch.IsCompletedSuccessfully);
            }
        }
        catch (OperationCanceledException)
        {
            // The screen ends as well.
        }
        await Task.WhenAll(watches);
    }

    /// <summary>Asks a process again and again until its socket closes.</summary>
    private async Task WatchAsync(StatusClient client, TimeSpan pause, CancellationToken stop)
    {
        _watched[client.Path] = client;
        try
        {
            while (true)
            {
                await Task.Delay(pause, stop);
                pause = interval;
                await AskAsync(client, stop);
            }
        }
        catch (IOException)
        {
            Change(() => _state.End(client, DateTime.Now));
        }
        catch (OperationCanceledException)
        {
            // The screen ends as well.
        }
        finally
        {
            client.Dispose();
            _watched.TryRemove(client.Path, out _);
        }
    }

    /// <summary>Waits for the answer of a silent process as long as it takes: it may continue.</summary>
    private async Task AskAsync(StatusClient client, CancellationToken stop)
    {
        try
        {
            Task<IReadOnlyList<(ServerStatus Server, IReadOnlyList<ConnectionStatus> Connections)>> asked =
                client.ListAsync(_request, stop, Timeout.InfiniteTimeSpan);
            using (var answered = CancellationTokenSource.CreateLinkedTokenSource(stop))
            {
                if (await Task.WhenAny(asked, Task.Delay(StatusClient.Patience, answered.Token)) != asked)
                    Change(() => _state.Miss(client, DateTime.Now));
                await answered.CancelAsync();
            }
            IReadOnlyList<(ServerStatus Server, IReadOnlyList<ConnectionStatus> Connections)> answer = await asked;
            long now = Stopwatch.GetTimestamp();
            Change(() =>
            {
                foreach ((ServerStatus server, IReadOnlyList<ConnectionStatus> connections) in answer)
                {
                    if (choice.Word is null || server.Is(choice.Word))
                        _state.Take(client, server, connections, now);
                }
            });
        }
        catch (StatusErrorException e)
        {
            Show($"{client.Name}: {e.Message}");
        }
    }

    private void Press(ConsoleKeyInfo key, CancellationTokenSource over)
    {
        TopServer shown = _state.Shown;
        switch (_state.Press(key), _state.SelectedId)
        {
            case (TopCommand.Quit, _):
                over.Cancel();
                break;
            case (TopCommand.Close, { } id):
                Act(shown.Client, new CloseRequest { Server = shown.Status.Name, Id = id }, $"closed connection {id}",
                    over.Token);
                break;
            case (TopCommand.Drain, _):
                Act(shown.Client, new DrainRequest(), $"process {shown.Status.Pid} drains", over.Token);
                break;
        }
    }

    /// <summary>Begins to carry a command out, unless one to the same process is under way: a silent process carries it
    /// out when it continues, and then says so.</summary>
    private void Act(StatusClient client, StatusRequest request, string done, CancellationToken stop)
    {
        if (_acting.Add(client))
            _ = ActAsync();

        async Task ActAsync()
        {
            string message = done;
            try
            {
                await client.AskAsync(request, stop, Timeout.InfiniteTimeSpan);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                message = e.Message;
            }
            Change(() => _acting.Remove(client));
            Show(message);
        }
    }

    /// <summary>Shows a message for five seconds.</summary>
    private void Show(string message)
    {
        Change(() => _state.Message = message);
        _ = ForgetAsync();

        async Task ForgetAsync()
        {
            await Task.Delay(MessageTime);
            Change(() => _state.Message = _state.Message == message ? null : _state.Message);
        }
    }

    private void Change(Action change) => _changes.Writer.TryWrite(change);

    /// <summary>Draws again when the terminal has another size.</summary>
    private PosixSignalRegistration? WatchSize() =>
        OperatingSystem.IsWindows() ? null
            : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Change(() => { }));

    private void ReadKeys(CancellationTokenSource over) => new Thread(() =>
    {
        try
        {
            while (true)
            {
                ConsoleKeyInfo key = Console.ReadKey(intercept: true);
                Change(() => Press(key, over));
            }
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            Change(over.Cancel);
        }
    })
    { Name = "hawser keys", IsBackground = true }.Start();
}
