using System.Globalization;

namespace Hawser.App.Metrics;

/// <summary>Warns when a collector begins to fail, and says when it answers again.</summary>
/// <remarks>OpenTelemetry's exporter sends synchronously.</remarks>
/// <param name="signal">What is sent: metrics or traces.</param>
/// <param name="errors">Receives the lines.</param>
internal sealed class CollectorWatch(string signal, TextWriter errors) : DelegatingHandler(new SocketsHttpHandler())
{
    private int _fails;

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            HttpResponseMessage response = base.Send(request, cancellationToken);
            if (!response.IsSuccessStatusCode)
                Fail(request, string.Create(CultureInfo.InvariantCulture, $"status {(int)response.StatusCode}"));
            else if (Interlocked.Exchange(ref _fails, 0) == 1)
                errors.WriteLine($"--otlp: the collector takes {signal} again");
            return response;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            Fail(request, e is OperationCanceledException ? "no answer in time" : e.Message);
            throw;
        }
    }

    private void Fail(HttpRequestMessage request, string why)
    {
        if (Interlocked.Exchange(ref _fails, 1) == 0)
        {
            // The address may hold a password.
            string where = request.RequestUri!.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped);
            errors.WriteLine($"WARNING: --otlp: {where}: {why}; {signal} are dropped");
        }
    }
}
