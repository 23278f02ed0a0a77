using System.Diagnostics;
using System.Globalization;
using Hawser.Services.Text;

namespace Hawser.App.Lab;

/// <summary><c>hawser serve ping</c> in its own process.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const string ListeningLine = "Listening on ";
    private const string ConnectionLine = "+ connection ";
    private const int SpareConnections = 100;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AcceptLimit = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly TaskCompletionSource<string> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _idleAccepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _idle;
    private readonly Task _errors;
    private string? _firstError;
    private int _accepted;

    private ServerProcess(Process process, int idle)
    {
        _process = process;
        _idle = idle;
        // Both must be drained, or a full pipe blocks the server.
        _ = ReadAsync(process.StandardOutput, OnOutput);
        _errors = ReadAsync(process.StandardError, line => _firstError ??= line);
    }

    /// <summary>The address it listens on.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Starts a server and waits until it listens.</summary>
    /// <exception cref="LabException">The server did not start.</exception>
    public static async Task<ServerProcess> StartAsync(LabVariant variant, string? cores, CancellationToken cancel)
    {
        var server = new ServerProcess(OwnProgram.Start(cores, Arguments(variant)), variant.Setting.Idle);
        try
        {
            Task first = await Task.WhenAny(server._listening.Task, server._process.WaitForExitAsync(cancel))
                .WaitAsync(StartLimit, cancel);
            cancel.ThrowIfCancellationRequested();
            if (first != server._listening.Task)
                throw new LabException($"the server did not start: {await server.LastWordsAsync()}");
            string line = await server._listening.Task;
            server.Address = line[(line.LastIndexOf(' ') + 1)..];
            return server;
        }
        catch (TimeoutException)
        {
            await server.DisposeAsync();
            throw new LabException($"the server did not listen within {Quantity.FormatDuration(StartLimit)}");
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the server has accepted the idle connections, but at most ten seconds: some models never
    /// accept so many.</summary>
    public async Task AcceptIdleAsync(CancellationToken cancel)
    {
        if (_idle > 0)
            await _idleAccepted.Task.WaitAsync(AcceptLimit, cancel)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
    }

    /// <summary>Its resources so far; null if unknown.</summary>
    public ProcessSample? TrySample() => ProcessSample.TryOf(_process.Id);

    /// <summary>Why it ended early; null while it runs.</summary>
    public async Task<string?> FindDeathAsync() =>
        _process.HasExited ? $"the server ended: {await LastWordsAsync()}" : null;

    /// <summary>Kills the server.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>The command line.</summary>
    internal static IReadOnlyList<string> Arguments(LabVariant variant)
    {
        LabSetting setting = variant.Setting;
        int connections = setting.Clients + setting.Idle + SpareConnections;
        string work = string.Create(CultureInfo.InvariantCulture, $"{setting.WorkMicroseconds}us");
        List<string> arguments =
        [
            "serve", "ping", "--model", variant.Subject.Model!, "--host", "127.0.0.1", "--port", "0", "--work", work,
            "--max-connections", $"{connections}", "--backlog", $"{connections}",
            "--first-byte-timeout", "never", "--idle-timeout", "never",
        ];
        if (setting.SlowClient is { } slow)
            arguments.AddRange(["--slow-client", slow]);
        return arguments;
    }

    private async Task<string> LastWordsAsync()
    {
        await _process.WaitForExitAsync();
        await _errors;
        return $"exit code {_process.ExitCode}{(_firstError is null ? "" : $", {_firstError}")}";
    }

    private void OnOutput(string line)
    {
        if (line.StartsWith(ListeningLine, StringComparison.Ordinal))
            _listening.TrySetResult(line);
        else if (line.StartsWith(ConnectionLine, StringComparison.Ordinal) && ++_accepted == _idle)
            _idleAccepted.TrySetResult();
    }

    private static async Task ReadAsync(StreamReader output, Action<string> onLine)
    {
        while (await output.ReadLineAsync() is { } line)
            onLine(line);
    }
}
