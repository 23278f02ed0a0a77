using System.Net.Sockets;
using Hawser.DescriptorUse;

namespace Hawser.Transports;

/// <summary>The wakers that connections share.</summary>
/// <remarks>One each would double the descriptors of the connections. A signal wakes all that share a waker, most of them
/// in vain, so only a few do, unless descriptors are short.</remarks>
/// <param name="descriptors">What wakers beyond the first are counted in.</param>
internal sealed class WakerPool(DescriptorBudget descriptors)
{
    // Made ahead of need and never given back, because later no descriptor may be left.
    private const int Prepared = 8;

    private readonly List<Waker> _wakers = [];

    /// <summary>The wakers of the process.</summary>
    public static WakerPool Shared { get; } = new(DescriptorBudget.Shared);

    /// <summary>Creates the first ones.</summary>
    public void Prepare()
    {
        lock (_wakers)
        {
            while (_wakers.Count < Prepared)
                _wakers.Add(new Waker());
        }
    }

    /// <summary>A waker for one more connection, which must <see cref="Return"/> it.</summary>
    public Waker Take()
    {
        lock (_wakers)
        {
            Waker? waker = _wakers.MinBy(static waker => waker.Connections);
            if (waker is not { Connections: < Waker.MostConnections })
                waker = TryCreate() ?? waker!;
            waker.Connections++;
            return waker;
        }
    }

    /// <summary>Called once for each <see cref="Take"/>, when the connection's socket is closed.</summary>
    public void Return(Waker waker)
    {
        lock (_wakers)
        {
            if (--waker.Connections > 0 || _wakers.Count <= Prepared)
                return;
            _wakers.Remove(waker);
            waker.Dispose();
            descriptors.Return(1);
        }
    }

    /// <returns>Null if descriptors are short and there is another to share.</returns>
    private Waker? TryCreate()
    {
        int cost = _wakers.Count < Prepared ? 0 : 1;
        if (cost > 0 && !descriptors.TryTake(cost))
            return null;
        try
        {
            var waker = new Waker();
            _wakers.Add(waker);
            return waker;
        }
        catch (SocketException) when (_wakers.Count > 0)
        {
            descriptors.Return(cost);
            return null;
        }
    }
}
