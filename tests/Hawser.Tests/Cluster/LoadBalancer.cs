using System.Net;
using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Cluster;

/// <summary>haproxy before several upload servers. Skips the test where Debian's package is missing.</summary>
internal sealed class LoadBalancer : IAsyncDisposable
{
    private const string Program = "/usr/sbin/haproxy";

    private readonly TemporaryFolder _folder;
    private readonly ProgramProcess _haproxy;

    private LoadBalancer(TemporaryFolder folder, ProgramProcess haproxy, IPEndPoint endPoint)
    {
        _folder = folder;
        _haproxy = haproxy;
        EndPoint = endPoint;
    }

    public IPEndPoint EndPoint { get; }

    /// <param name="servers">The ports of each server and of its metrics.</param>
    public static async Task<LoadBalancer> StartAsync((int Port, int Metrics)[] servers)
    {
        Assert.SkipUnless(File.Exists(Program), "needs Debian's haproxy");
        var folder = new TemporaryFolder();
        int port = FreePort.Find();
        int ready = FreePort.Find();
        string settings = folder.Write("haproxy.cfg", Encoding.UTF8.GetBytes($"""
            defaults
                mode tcp
                timeout connect 5s
                timeout client 60s
                timeout server 60s
                retries 0
            frontend ready
                mode http
                bind 127.0.0.1:{ready}
                monitor-uri /
            frontend uploads
                bind 127.0.0.1:{port}
                default_backend servers
            backend servers
                balance roundrobin
                option httpchk GET /readyz
                default-server inter 100ms fall 1 rise 1 send-proxy-v2
            {string.Join('\n', servers.Select((server, n) =>
                $"    server s{n} 127.0.0.1:{server.Port} check port {server.Metrics} no-check-send-proxy"))}

            """));
        ProgramProcess haproxy = ProgramProcess.StartForeign(Program, "-db", "-f", settings);
        await Patience.UntilAsync(() => AnswersAsync($"http://127.0.0.1:{ready}/"));
        return new LoadBalancer(folder, haproxy, new IPEndPoint(IPAddress.Loopback, port));
    }

    public async ValueTask DisposeAsync()
    {
        await _haproxy.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task<bool> AnswersAsync(string address)
    {
        using var client = new HttpClient();
        try
        {
            using HttpResponseMessage answer = await client.GetAsync(address);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
