using System.Net;

namespace Hawser.Layers;

/// <summary>Attached to a connection that a trusted proxy forwarded; see <see cref="ProxyLayer"/>.</summary>
/// <param name="Proxy">The address of the proxy.</param>
public sealed record ProxySource(IPEndPoint Proxy);
