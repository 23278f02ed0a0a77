namespace Hawser.App.Status.Top;

/// <summary>What <c>hawser top</c> shows, and what its keys change.</summary>
internal sealed class TopState
{
    // By name, as the footer has it.
    private static readonly string[] Orders = ["id", "idle", "received", "sent", "rate"];

    private readonly List<TopServer> _servers = [];
    private int _order;
    private int _shown;
    private long? _selected;

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
    public IReadOnlyList<(ConnectionStatus Connection, double Rate)> Rows => Order switch
    {
        "idle" => By(row => row.Connection.IdleSeconds),
        "received" => By(row => row.Connection.BytesReceived),
        "sent" => By(row => row.Connection.BytesSent),
        "rate" => By(row => row.Rate),
        _ => By(row => -row.Connection.Id),
    };

    /// <summary>The selected connection, which stays selected wherever its row moves; the first one if it has
    /// ended.</summary>
    public long? SelectedId => Shown.Connections.Any(row => row.Connection.Id == _selected)
        ? _selected
        : Rows is [var first, ..] ? first.Connection.Id : null;

    /// <summary>Adds a server. It is shown if the one on the screen has ended.</summary>
    public void Add(TopServer server)
    {
        bool isShown = _servers.Count > 0 && Shown.EndedAt is not null;
        // Those that have ended are of interest only while nothing else is.
        if (isShown)
            _servers.RemoveAll(known => known.EndedAt is not null);
        _servers.Add(server);
        if (isShown)
            (_shown, _selected) = (_servers.Count - 1, null);
    }

    /// <summary>Carries a key out, unless it is left to the caller.</summary>
    public TopCommand Press(ConsoleKeyInfo key)
    {
        Message = null;
        switch (key)
        {
            case { KeyChar: 'q' } or { Key: ConsoleKey.Escape }:
                return TopCommand.Quit;
            case { KeyChar: 'c' }:
                return TopCommand.Close;
            case { KeyChar: 'D' }:
                return TopCommand.Drain;
            case { KeyChar: 'd' }:
                Message = "D (with Shift) stops the server";
                break;
            case { KeyChar: 's' }:
                _order = (_order + 1) % Orders.Length;
                break;
            case { KeyChar: 'f' or ' ' }:
                IsFrozen = !IsFrozen;
                break;
            case { Key: ConsoleKey.Tab }:
                (_shown, _selected) = ((_shown + 1) % _servers.Count, null);
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

    private void Move(int by)
    {
        IReadOnlyList<(ConnectionStatus Connection, double Rate)> rows = Rows;
        if (rows.Count == 0)
            return;
        int at = rows.Index().FirstOrDefault(row => row.Item.Connection.Id == SelectedId).Index;
        _selected = rows[Math.Clamp(at + by, 0, rows.Count - 1)].Connection.Id;
    }

    private IReadOnlyList<(ConnectionStatus Connection, double Rate)> By(
        Func<(ConnectionStatus Connection, double Rate), double> key) =>
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
