using System.Globalization;

namespace Hawser.App.Metrics;

/// <summary>Warns when a collector begins to fail, and says when it answers again.</summary>
/// <param name="errors">Receives the lines.</param>
internal sealed class CollectorWatch(TextWriter errors) : DelegatingHandler(new SocketsHttpHandler())
{
    private int _fails;

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            HttpResponseMessage response = base.Send(request, cancellationToken);
            Note(request, response);
            return response;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            Note(request, e);
            throw;
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            Note(request, response);
            return response;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            Note(request, e);
            throw;
        }
    }

    private void Note(HttpRequestMessage request, HttpResponseMessage response)
    {
        if (!response.IsSuccessStatusCode)
            Fail(request, string.Create(CultureInfo.InvariantCulture, $"status {(int)response.StatusCode}"));
        else if (Interlocked.Exchange(ref _fails, 0) == 1)
            errors.WriteLine("--otlp: the collector answers again");
    }

    private void Note(HttpRequestMessage request, Exception fault) =>
        Fail(request, fault is OperationCanceledException ? "no answer in time" : fault.Message);

    private void Fail(HttpRequestMessage request, string why)
    {
        if (Interlocked.Exchange(ref _fails, 1) == 0)
            errors.WriteLine($"WARNING: --otlp: {request.RequestUri}: {why}; metrics and spans are dropped");
    }
}
