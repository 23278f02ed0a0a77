using Hawser.Transports;

namespace Hawser.Tests.Support;

/// <summary>A layer that changes nothing.</summary>
internal sealed class PassingTransport(Transport inner) : LayeredTransport(inner)
{
    public static ValueTask<Transport> Over(Transport inner, CancellationToken cancel) => new(new PassingTransport(inner));
}
