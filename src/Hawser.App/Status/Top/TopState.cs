using System.Diagnostics;

namespace Hawser.App.Status.Top;

/// <summary>What <c>hawser top</c> shows, and what its keys change.</summary>
internal sealed class TopState
{
    // By name, as the footer has it.
    private static readonly string[] Orders = ["id", "idle", "received", "sent", "rate"];

    private readonly List<TopServer> _servers = [];
    private int _order;
    private int _shown;

    // It stays the same when its connection has ended: a key must not hit another one.
    private long? _selected;
    private TopServer? _drainAsked;

    /// <summary>The servers, in the order in which they were found.</summary>
    public IReadOnlyList<TopServer> Servers => _servers;

    /// <summary>The server on the screen.</summary>
    public TopServer Shown => _servers[_shown];

    /// <summary>Its number, from 1.</summary>
    public int ShownNumber => _shown + 1;

    /// <summary>The order of the connections.</summary>
    public string Order => Orders[_order];

    /// <summary>The same for the request to the server.</summary>
    public string RequestedOrder => Order == "rate" ? "bytes" : Order;

    /// <summary>The screen stands still.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>A line for the user; null for none.</summary>
    public string? Message { get; set; }

    /// <summary>The connections in their order.</summary>
    public IReadOnlyList<(ConnectionStatus Connection, double? Rate)> Rows => Order switch
    {
        "idle" => By(row => row.Connection.IdleSeconds),
        "received" => By(row => row.Connection.BytesReceived),
        "sent" => By(row => row.Connection.BytesSent),
        "rate" => By(row => row.Rate ?? -1),
        _ => By(row => -row.Connection.Id),
    };

    /// <summary>A question that the next key answers; null for none.</summary>
    public string? Question => _drainAsked is { } asked && asked == Shown && asked.EndedAt is null
        ? $"D again: drain all servers of process {asked.Status.Pid}"
        : null;

    /// <summary>The selected connection, which stays selected wherever its row moves; null if it has ended.</summary>
    public long? SelectedId => Shown.Connections.Any(row => row.Connection.Id == _selected) ? _selected : null;

    /// <summary>Takes an answer, unless the screen stands still.</summary>
    /// <param name="client">The process that has answered.</param>
    /// <param name="status">One of its servers.</param>
    /// <param name="connections">The connections of that server.</param>
    /// <param name="now">The time, as of <see cref="Stopwatch"/>.</param>
    public void Take(
        StatusClient client, ServerStatus status, IReadOnlyList<ConnectionStatus> connections, long now)
    {
        TopServer? server = _servers.Find(known => known.Client == client && known.Status.Name == status.Name);
        server?.Miss(null);
        if (IsFrozen)
            return;
        if (server is null)
            Add(server = new TopServer(client, status));
        server.Take(status, connections, now);
        SelectFirst();
    }

    /// <summary>A process does not answer, but may do so again.</summary>
    public void Miss(StatusClient client, DateTime now)
    {
        foreach (TopServer server in _servers.Where(server => server.Client == client))
            server.Miss(now);
    }

    /// <summary>A process has ended. A frozen screen keeps its connections.</summary>
    public void End(StatusClient client, DateTime now)
    {
        foreach (TopServer server in _servers.Where(server => server.Client == client))
            server.End(now);
        ClearEnded();
        ForgetEnded();
    }

    /// <summary>Carries a key out, unless it is left to the caller.</summary>
    public TopCommand Press(ConsoleKeyInfo key)
    {
        bool isConfirmed = Question is not null;
        (Message, _drainAsked) = (null, null);
        switch (key)
        {
            case { KeyChar: 'q' } or { Key: ConsoleKey.Escape }:
                return TopCommand.Quit;
            case { KeyChar: 'c' } when SelectedId is not null:
                return TopCommand.Close;
            case { KeyChar: 'c' } when _selected is { } ended:
                Message = $"connection {ended} has ended; select another";
                break;
            case { KeyChar: 'D' } when isConfirmed:
                return TopCommand.Drain;
            case { KeyChar: 'D' }:
                _drainAsked = Shown;
                break;
            case { KeyChar: 'd' }:
                Message = "D (with Shift) stops the server";
                break;
            case { KeyChar: 's' }:
                _order = (_order + 1) % Orders.Length;
                break;
            case { KeyChar: 'f' or ' ' }:
                IsFrozen = !IsFrozen;
                ClearEnded();
                break;
            case { Key: ConsoleKey.Tab }:
                (_shown, _selected) = ((_shown + 1) % _servers.Count, null);
                ForgetEnded();
                SelectFirst();
                break;
            case { Key: ConsoleKey.DownArrow } or { KeyChar: 'j' }:
                Move(1);
                break;
            case { Key: ConsoleKey.UpArrow } or { KeyChar: 'k' }:
                Move(-1);
                break;
        }
        return TopCommand.None;
    }

    /// <summary>Adds a server. It is shown if the one on the screen has ended.</summary>
    private void Add(TopServer server)
    {
        bool isShown = _servers.Count > 0 && Shown.EndedAt is not null;
        // Those that have ended are of interest only while nothing else is.
        if (isShown)
            _servers.RemoveAll(known => known.EndedAt is not null);
        _servers.Add(server);
        if (isShown)
            (_shown, _selected, Message) = (_servers.Count - 1, null, null);
    }

    /// <summary>Removes servers that have ended, but for the one on the screen.</summary>
    private void ForgetEnded()
    {
        TopServer shown = Shown;
        _servers.RemoveAll(known => known != shown && known.EndedAt is not null);
        _shown = _servers.IndexOf(shown);
    }

    private void Move(int by)
    {
        IReadOnlyList<(ConnectionStatus Connection, double? Rate)> rows = Rows;
        if (rows.Count == 0)
            return;
        int to = SelectedId is { } selected
            ? rows.Index().First(row => row.Item.Connection.Id == selected).Index + by
            : 0;
        _selected = rows[Math.Clamp(to, 0, rows.Count - 1)].Connection.Id;
    }

    private void ClearEnded()
    {
        if (IsFrozen)
            return;
        foreach (TopServer server in _servers)
            server.Clear();
    }

    private void SelectFirst() => _selected ??= Rows is [var first, ..] ? first.Connection.Id : null;

    private IReadOnlyList<(ConnectionStatus Connection, double? Rate)> By(
        Func<(ConnectionStatus Connection, double? Rate), double> key) =>
        [.. Shown.Connections.OrderByDescending(key).ThenBy(row => row.Connection.Id)];
}

/// <summary>What a key asks of the program.</summary>
internal enum TopCommand
{
    None,
    Quit,
    Close,
    Drain,
}
