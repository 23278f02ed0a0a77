namespace Hawser.DescriptorUse;

/// <summary>What the connections of one server take from a budget. Thread-safe.</summary>
internal sealed class DescriptorShare(DescriptorBudget budget)
{
    private readonly Lock _gate = new();
    private bool _hasBegun;
    private int _perConnection = 1;
    private int _connections;
    private int _reserved;

    /// <summary>Measures the budget, and takes some in advance if there are any.</summary>
    /// <param name="perConnection">What a connection takes, at least 1.</param>
    /// <param name="reserved">The most connections that get theirs in advance.</param>
    /// <exception cref="IOException">There will never be enough for one connection.</exception>
    public void Begin(int perConnection, int reserved)
    {
        lock (_gate)
        {
            _hasBegun = true;
            DescriptorReserve.Shared.Enter();
            budget.Measure();
            _perConnection = Math.Max(1, perConnection);
            long taken = budget.Reserve((long)reserved * _perConnection);
            _reserved = (int)(taken / _perConnection);
            budget.ReturnReserved(taken % _perConnection);
            if (_reserved == 0 && budget.Unreserved < _perConnection)
            {
                throw new IOException(
                    "too few descriptors: none is left for a connection; raise the limit, see ulimit -n");
            }
        }
    }

    /// <summary>Takes the descriptors of a connection if there are enough.</summary>
    public bool TryTake()
    {
        lock (_gate)
        {
            if (_connections >= _reserved && !budget.TryTake(_perConnection))
                return false;
            _connections++;
            return true;
        }
    }

    /// <summary>Whether there are enough for another connection.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_gate)
                return _connections < _reserved || budget.HasRoom(_perConnection);
        }
    }

    /// <summary>Takes them whether or not there are enough.</summary>
    public void Take()
    {
        lock (_gate)
        {
            if (_connections++ >= _reserved)
                budget.Take(_perConnection);
        }
    }

    /// <summary>Returns the descriptors of a connection.</summary>
    public void Return()
    {
        lock (_gate)
        {
            // Connections from elsewhere have taken nothing.
            if (_connections > 0 && --_connections >= _reserved)
                budget.Return(_perConnection);
        }
    }

    /// <summary>Returns all.</summary>
    public void End()
    {
        lock (_gate)
        {
            budget.Return((long)Math.Max(0, _connections - _reserved) * _perConnection);
            budget.ReturnReserved((long)_reserved * _perConnection);
            _connections = _reserved = 0;
            if (_hasBegun)
                DescriptorReserve.Shared.Leave();
            _hasBegun = false;
        }
    }
}
