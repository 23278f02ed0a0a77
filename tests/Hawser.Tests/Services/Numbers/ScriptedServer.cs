using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hawser.Tests.Support;

namespace Hawser.Tests.Services.Numbers;

/// <summary>A server that does with each connection what the test says. Disposing waits for all of them.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<Socket, int, Task> _serve;
    private readonly ConcurrentBag<Task> _served = [];
    private readonly Task _accepting;
    private int _accepted;

    /// <param name="serve">Takes a connection and how many came before it. Returning closes it.</param>
    public ScriptedServer(Func<Socket, int, Task> serve)
    {
        _serve = serve;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    public int Accepted => _accepted;

    /// <summary>Each connection gets the next of these; those after the last get the last.</summary>
    public static ScriptedServer Sending(params string[] lists) =>
        new((client, index) => SendAsync(client, lists[Math.Min(index, lists.Length - 1)]));

    public static async Task SendAsync(Socket client, string text)
    {
        await using var stream = new NetworkStream(client);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
    }

    /// <summary>No further connection is accepted: the port refuses.</summary>
    public void StopListening() => _listener.Dispose();

    public async ValueTask DisposeAsync()
    {
        StopListening();
        await _accepting.Bounded();
        await Task.WhenAll(_served).Bounded();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _served.Add(ServeAsync(await _listener.AcceptAsync(), _accepted++));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket client, int index)
    {
        using (client)
        {
            client.NoDelay = true;
            await _serve(client, index);
        }
    }
}
