using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Spectre.Console;

namespace Hawser.App.Status.Top;

/// <summary>Runs <c>hawser top</c>: asks the servers, draws, and carries keys out.</summary>
/// <param name="choice">Which servers.</param>
/// <param name="interval">The time between two samples.</param>
internal sealed class TopRun(ServerChoice choice, TimeSpan interval)
{
    private const int MostConnections = 1000;

    private readonly TopState _state = new();
    private readonly List<StatusClient> _clients = [];

    /// <exception cref="IOException">There is no terminal, or no server.</exception>
    public async Task<int> RunAsync()
    {
        IAnsiConsole console = Terminal.Output;
        if (Console.IsInputRedirected || Console.IsOutputRedirected || !console.Profile.Capabilities.Ansi)
            throw new IOException("top needs a terminal; use hawser status, which prints once");
        foreach (RunningServer found in await RunningServer.FindAsync(choice, Request(), CancellationToken.None))
        {
            if (!_clients.Contains(found.Client))
                _clients.Add(found.Client);
            _state.Take(found.Client, found.Status, found.Connections, Stopwatch.GetTimestamp());
        }
        var signal = new StopSignal();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(signal.Token);
        Channel<ConsoleKeyInfo?> input = Channel.CreateUnbounded<ConsoleKeyInfo?>();
        using (var screen = new FullScreen(console.Profile.Out.Writer))
        using (WatchSize(input.Writer))
        {
            ReadKeys(input.Writer);
            await ShowAsync(() => screen.Draw(TopScreen.Draw(_state, console.Profile.Width, console.Profile.Height)),
                input.Reader, over);
        }
        _clients.ForEach(client => client.Dispose());
        return ExitCode.Done;
    }

    /// <summary>Only this method touches the state; what goes on beside it returns what to do to it.</summary>
    private async Task ShowAsync(Action draw, ChannelReader<ConsoleKeyInfo?> input, CancellationTokenSource over)
    {
        Task<Action> sampling = SampleAsync(over.Token);
        Task<Action>? acting = null;
        Task<bool> key = input.WaitToReadAsync(over.Token).AsTask();
        while (true)
        {
            draw();
            Task done = await Task.WhenAny((Task[])[key, sampling, acting ?? sampling]);
            if (done == acting)
            {
                (await acting)();
                acting = null;
            }
            else if (done == sampling)
            {
                (await sampling)();
                sampling = SampleAsync(over.Token);
            }
            else if (!key.IsCompletedSuccessfully || !await key || !input.TryRead(out ConsoleKeyInfo? pressed))
            {
                // A signal, or the terminal has gone.
                break;
            }
            else
            {
                TopCommand command = pressed is { } known ? _state.Press(known) : TopCommand.None;
                if (command == TopCommand.Quit)
                    break;
                acting ??= Act(command, over.Token);
                key = input.WaitToReadAsync(over.Token).AsTask();
            }
        }
        await over.CancelAsync();
        await Task.WhenAll(sampling, acting ?? sampling);
    }

    /// <summary>Waits, then asks every process, and looks for new ones.</summary>
    private async Task<Action> SampleAsync(CancellationToken stop)
    {
        ListRequest request = Request();
        Action apply = () => { };
        try
        {
            await Task.Delay(interval, stop);
            _clients.AddRange(
                await StatusClient.ConnectAllAsync(
                    choice.Socket, [.. _clients.Select(client => client.Path)], _ => { }, stop));
            foreach (StatusClient client in _clients.ToArray())
                apply += await AskAsync(client, request, stop);
        }
        catch (OperationCanceledException)
        {
            // The wait for a key ends as well.
        }
        catch (IOException e)
        {
            apply += () => _state.Message = e.Message;
        }
        return apply;
    }

    private async Task<Action> AskAsync(StatusClient client, ListRequest request, CancellationToken stop)
    {
        try
        {
            IReadOnlyList<(ServerStatus Server, IReadOnlyList<ConnectionStatus> Connections)> answer =
                await client.ListAsync(request, stop);
            long now = Stopwatch.GetTimestamp();
            return () =>
            {
                foreach ((ServerStatus server, IReadOnlyList<ConnectionStatus> connections) in answer)
                {
                    if (choice.Word is null || server.Is(choice.Word))
                        _state.Take(client, server, connections, now);
                }
            };
        }
        catch (StatusErrorException e)
        {
            return () => _state.Message = e.Message;
        }
        catch (IOException)
        {
            _clients.Remove(client);
            client.Dispose();
            return () => _state.End(client, DateTime.Now);
        }
    }

    /// <summary>Begins to carry a command out; null if there is nothing to do.</summary>
    private Task<Action>? Act(TopCommand command, CancellationToken stop)
    {
        TopServer shown = _state.Shown;
        return (command, _state.SelectedId) switch
        {
            (TopCommand.Close, { } id) => ActAsync(
                shown.Client, new CloseRequest { Server = shown.Status.Name, Id = id }, $"closed connection {id}",
                stop),
            (TopCommand.Drain, _) => ActAsync(
                shown.Client, new DrainRequest(), $"process {shown.Status.Pid} drains", stop),
            _ => null,
        };
    }

    private async Task<Action> ActAsync(
        StatusClient client, StatusRequest request, string done, CancellationToken stop)
    {
        string message = done;
        try
        {
            await client.AskAsync(request, stop);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            message = e.Message;
        }
        return () => _state.Message = message;
    }

    private ListRequest Request() => new() { Connections = MostConnections, Sort = _state.RequestedOrder };

    /// <summary>Asks for another drawing when the terminal has another size.</summary>
    /// <param name="input">Receives null.</param>
    private static PosixSignalRegistration? WatchSize(ChannelWriter<ConsoleKeyInfo?> input) =>
        OperatingSystem.IsWindows() ? null
            : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => input.TryWrite(null));

    private static void ReadKeys(ChannelWriter<ConsoleKeyInfo?> input) => new Thread(() =>
    {
        try
        {
            while (input.TryWrite(Console.ReadKey(intercept: true)))
            {
            }
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            input.Complete();
        }
    })
    { Name = "hawser keys", IsBackground = true }.Start();
}
