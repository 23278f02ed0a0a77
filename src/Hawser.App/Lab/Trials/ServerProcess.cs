using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hawser.App.Lab.Processes;
using Hawser.Services.Text;

namespace Hawser.App.Lab.Trials;

/// <summary>A server in its own process: <c>hawser serve ping</c>, or the command of a subject.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const string ListeningLine = "Listening on ";
    private const string ConnectionLine = "+ connection ";
    private const int SpareConnections = 100;
    private static readonly TimeSpan DefaultStartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AcceptLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);

    // A child that outlives the server may keep its standard error open.
    private static readonly TimeSpan LastWordsLimit = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly TaskCompletionSource<string> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _idleAccepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _isOwn;
    private readonly string _name;
    private readonly int _idle;
    private readonly Task _read;
    private string? _error;
    private string? _output;
    private int _sockets;
    private int _accepted;

    private ServerProcess(LabVariant variant, Process process)
    {
        _process = process;
        _isOwn = variant.Subject.Command is null;
        _name = _isOwn ? "the server" : variant.Subject.Name;
        _idle = variant.Setting.Idle;
        // Both must be drained, or a full pipe blocks the server.
        _read = Task.WhenAll(
            ReadAsync(process.StandardOutput, OnOutput), ReadAsync(process.StandardError, OnError));
    }

    /// <summary>Its process.</summary>
    public int Id => _process.Id;

    /// <summary>The address it listens on.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Starts a server and waits until it listens: until the line of <c>hawser serve</c>, or until a connect
    /// to the port of another program succeeds.</summary>
    /// <param name="variant">The server.</param>
    /// <param name="cores">The cores to pin it to; null for any.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="limit">For the start; null for 30 s.</param>
    /// <param name="host">Where our own servers listen; null for 127.0.0.1.</param>
    /// <exception cref="LabException">The server did not start; the message has its last words.</exception>
    public static async Task<ServerProcess> StartAsync(
        LabVariant variant, string? cores, CancellationToken cancel, TimeSpan? limit = null, IPAddress? host = null)
    {
        TimeSpan startLimit = limit ?? DefaultStartLimit;
        int port = variant.Subject.Command is null ? 0 : FindFreePort();
        Process process = variant.Subject.Command is null
            ? OwnProgram.Start(cores, Arguments(variant, host ?? IPAddress.Loopback))
            : StartCommand(variant.Subject, port, cores);
        var server = new ServerProcess(variant, process);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        over.CancelAfter(startLimit);
        try
        {
            Task<string> ready = server._isOwn ? server._listening.Task
                : UntilAcceptsAsync(port, variant.Setting.Burst, over.Token);
            await Task.WhenAny(ready, process.WaitForExitAsync(over.Token));
            cancel.ThrowIfCancellationRequested();
            if (over.IsCancellationRequested)
            {
                string where = port == 0 ? "" : $" on port {port}";
                throw new LabException(
                    $"{server._name} did not listen{where} within {Quantity.FormatDuration(startLimit)}{server.Said}");
            }
            // Another program may have taken the port.
            if (process.HasExited)
                throw new LabException($"{server._name} did not start: {await server.LastWordsAsync()}");
            string line = await ready;
            server.Address = line[(line.LastIndexOf(' ') + 1)..];
            server._sockets = server._isOwn ? 0 : ProcessSample.SocketsOf(process.Id);
            return server;
        }
        catch
        {
            await over.CancelAsync();
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the server has accepted the idle connections, but at most ten seconds: some models never
    /// accept so many.</summary>
    public async Task AcceptIdleAsync(CancellationToken cancel)
    {
        if (_idle > 0)
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            over.CancelAfter(AcceptLimit);
            await (_isOwn ? _idleAccepted.Task.WaitAsync(over.Token) : UntilOpenAsync(over.Token))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        cancel.ThrowIfCancellationRequested();
    }

    /// <summary>Resources so far, of another program with its descendants; null if unknown.</summary>
    public ProcessSample? TrySample() =>
        _isOwn ? ProcessSample.TryOf(_process.Id) : ProcessSample.TryOfTree(_process.Id);

    /// <summary>Why it ended early; null while it runs.</summary>
    public async Task<string?> FindDeathAsync() =>
        _process.HasExited ? $"{_name} ended: {await LastWordsAsync()}" : null;

    /// <summary>Kills the server and its descendants, and waits for their ends.</summary>
    public async ValueTask DisposeAsync()
    {
        IReadOnlyList<int> descendants = _isOwn || _process.HasExited ? [] : ProcessSample.DescendantsOf(_process.Id);
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        // Otherwise they would still run beside the next server. Bounded, because a process may be stuck in the kernel.
        long begin = Stopwatch.GetTimestamp();
        while (descendants.Any(ProcessSample.IsRunning) && Stopwatch.GetElapsedTime(begin) < AcceptLimit)
            await Task.Delay(BetweenLooks);
        _process.Dispose();
    }

    /// <summary>The arguments of <c>hawser</c>.</summary>
    internal static IReadOnlyList<string> Arguments(LabVariant variant, IPAddress host)
    {
        LabSetting setting = variant.Setting;
        int connections = setting.Clients + setting.Idle + SpareConnections;
        string work = string.Create(CultureInfo.InvariantCulture, $"{setting.WorkMicroseconds}us");
        List<string> arguments =
        [
            "serve", "ping", "--model", variant.Subject.Model!, "--host", $"{host}", "--port", "0", "--work", work,
            "--max-connections", $"{connections}", "--backlog", $"{setting.Backlog ?? connections}",
            "--first-byte-timeout", "never", "--idle-timeout", "never",
        ];
        if (setting.SlowClient is { } slow)
            arguments.AddRange(["--slow-client", slow]);
        return arguments;
    }

    private static Process StartCommand(LabSubject subject, int port, string? cores)
    {
        try
        {
            return OwnProgram.StartOther(cores, subject.CommandAt(port));
        }
        catch (LabException e)
        {
            throw new LabException($"{subject.Name} did not start: {e.Message}");
        }
    }

    /// <summary>A loopback port that is free now, below those that Linux gives to clients: none of these takes it
    /// before the server does.</summary>
    public static int FindFreePort()
    {
        const int lowest = 20_000;
        const int highest = 32_767;
        for (int left = 100; left > 0; left--)
        {
            int port = Random.Shared.Next(lowest, highest + 1);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // It is in use.
            }
        }
        throw new LabException($"no free port between {lowest} and {highest}");
    }

    /// <summary>Connects until it succeeds; for a burst, waits for the listener alone.</summary>
    private static async Task<string> UntilAcceptsAsync(int port, bool isBurst, CancellationToken cancel)
    {
        var endPoint = new IPEndPoint(IPAddress.Loopback, port);
        if (isBurst)
        {
            await ListeningPort.UntilOpenAsync(port, cancel);
            return $"{endPoint}";
        }
        while (true)
        {
            try
            {
                (await Dialer.ConnectAsync(endPoint, DefaultStartLimit, cancel)).Dispose();
                return $"{endPoint}";
            }
            catch (ConnectException)
            {
                await Task.Delay(BetweenLooks, cancel);
            }
        }
    }

    /// <summary>Looks until it has as many sockets more as there are idle connections.</summary>
    private async Task UntilOpenAsync(CancellationToken cancel)
    {
        // The connection of the start may have been one of those that were counted then.
        while (OperatingSystem.IsLinux() && ProcessSample.SocketsOf(_process.Id) < _sockets - 1 + _idle)
            await Task.Delay(BetweenLooks, cancel);
    }

    private async Task<string> LastWordsAsync()
    {
        await _process.WaitForExitAsync();
        await _read.WaitAsync(LastWordsLimit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return $"exit code {_process.ExitCode}{Said}";
    }

    /// <summary>What it said on its standard error, or else, another program, on its standard output.</summary>
    private string Said => (_error ?? (_isOwn ? null : _output)) is { } line ? $", {line}" : "";

    private bool OnOutput(string line)
    {
        if (!_isOwn)
        {
            _output = line.Trim().Length > 0 ? line : _output;
            return true;
        }
        if (line.StartsWith(ListeningLine, StringComparison.Ordinal))
            _listening.TrySetResult(line);
        else if (line.StartsWith(ConnectionLine, StringComparison.Ordinal) && ++_accepted == _idle)
            _idleAccepted.TrySetResult();
        return !_listening.Task.IsCompleted || _accepted < _idle;
    }

    // The first line of hawser is its error; of another program, such as one in Python, it is the last.
    private bool OnError(string line)
    {
        if (line.Trim().Length > 0 && (_error is null || !_isOwn))
            _error = line;
        return true;
    }

    /// <param name="output">Is read to its end.</param>
    /// <param name="onLine">Called with each line until it returns false.</param>
    private static async Task ReadAsync(StreamReader output, Func<string, bool> onLine)
    {
        while (await output.ReadLineAsync() is { } line && onLine(line))
        {
            // Until nothing is expected any more.
        }
        await output.BaseStream.CopyToAsync(Stream.Null);
    }
}
