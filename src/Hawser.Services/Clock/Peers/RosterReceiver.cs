using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Peers;

/// <summary>Assembles the pages of a roster and checks their order.</summary>
internal sealed class RosterReceiver
{
    private readonly List<RosterEntry> _entries = [];
    private int _total;

    /// <summary>This client's key, from the first page.</summary>
    public ClockToken Key { get; private set; }

    /// <summary>The entries so far, ascending by id.</summary>
    public IReadOnlyList<RosterEntry> Entries => _entries;

    /// <summary>Members that left before the roster; at most <see cref="RosterPage.MostDeparted"/>.</summary>
    public int Departed { get; private set; }

    /// <summary>Whether all pages have arrived.</summary>
    public bool IsComplete => _total > 0 && _entries.Count == _total;

    /// <summary>Takes the next page.</summary>
    /// <exception cref="ProtocolException">The page does not continue those before it.</exception>
    public void Take(RosterPage page)
    {
        if (_total == 0)
            (_total, Key, Departed) = (page.Total, page.Key, page.Departed);
        ClockProtocol.Rule(page.First != _entries.Count ? $"pages come in order: {_entries.Count} is next, not {page.First}"
            : page.Total != _total || page.Departed != Departed || !page.Key.Equals(Key)
            ? "all pages of a roster have its total, key and number of departed members"
            : _entries.Count > 0 && page.Entries[0].ClientId <= _entries[^1].ClientId
            ? $"the entries of a roster ascend, but {page.Entries[0].ClientId} follows {_entries[^1].ClientId}"
            : null);
        _entries.AddRange(page.Entries);
    }

    /// <summary>The place of a client, or -1.</summary>
    public int PlaceOf(uint clientId) => RosterEntry.PlaceIn(_entries, clientId);
}
