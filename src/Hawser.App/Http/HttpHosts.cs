using System.Net;

namespace Hawser.App.Http;

/// <summary>The hosts that a request may name: <c>localhost</c>, any address, and these. A page on the web may resolve
/// its own name to this machine (DNS rebinding), and would then name itself.</summary>
internal sealed class HttpHosts(params IReadOnlyCollection<string> names)
{
    public bool Include(string host) =>
        host.Length == 0 || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host, out _) || names.Contains(host, StringComparer.OrdinalIgnoreCase);
}
