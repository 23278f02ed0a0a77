using System.Net;
using Hawser;
using Hawser.Layers;

namespace Proxy;

/// <summary>Forwards each connection to a server, which learns the client's address from a PROXY header.</summary>
internal sealed class ProxyHandler(IPEndPoint server, int proxyVersion) : IConnectionHandler
{
    // The client's socket and the server's.
    public int DescriptorsPerConnection => 2;

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        var header = ProxyLayer.Client(
            (IPEndPoint)connection.RemoteEndPoint!, (IPEndPoint)connection.LocalEndPoint!, proxyVersion);
        Connection forward;
        try
        {
            forward = await Dialer.ConnectAsync(server, new DialOptions { Layers = [header] }, connection.Aborted);
        }
        catch (ConnectException e)
        {
            await Console.Error.WriteLineAsync($"connection {connection.Id}: {e.Message}");
            connection.Abort();
            return;
        }
        await using (forward)
        {
            // Each direction ends by itself: a client that has finished still gets its answer.
            await connection.DuplexAsync(
                _ => ForwardAsync(connection, forward),
                _ => ForwardAsync(forward, connection));
        }
    }

    private static async Task ForwardAsync(Connection from, Connection to)
    {
        try
        {
            ReadOnlyMemory<byte> bytes;
            while (!(bytes = await from.ReadAsync()).IsEmpty)
                await to.WriteAsync(bytes);
            await to.FinishWritingAsync();
        }
        catch (ConnectionClosedException)
        {
            // A reset on one side becomes one on the other, where an orderly end would pass a part for the whole.
            from.Abort();
            to.Abort();
            throw;
        }
    }
}
