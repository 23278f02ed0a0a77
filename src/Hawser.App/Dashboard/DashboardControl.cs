using System.Security.Cryptography;
using System.Text;
using Hawser.App.Http;
using Hawser.App.Status;
using Hawser.Services.Text;

namespace Hawser.App.Dashboard;

/// <summary>Closes connections and drains servers for pages that send the token.</summary>
/// <param name="source">Has the servers.</param>
/// <param name="token">The token in force.</param>
/// <param name="time">Measures the pause after a wrong token.</param>
/// <param name="errors">Receives a warning for wrong tokens, one a second at most.</param>
internal sealed class DashboardControl(
    DashboardSource source, Func<byte[]> token, TimeProvider time, TextWriter errors)
{
    private const string Scheme = "Bearer ";

    // A connection tries one token a second, and there are few connections.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private int _wrong;
    private ITimer? _timer;

    /// <summary>Answers a POST with a request of the status protocol: docs/protocols.md, "Status". <c>status</c> only tells
    /// that the token is right.</summary>
    public async ValueTask<HttpResponse> AnswerAsync(HttpRequest request)
    {
        if (!HttpOrigin.IsOwn(request))
            return HttpResponse.Line(HttpStatus.Forbidden, "for pages of this server only");
        if (request.Header("Authorization") is not { } shown)
        {
            return HttpResponse.Line(HttpStatus.Unauthorized, "a token is required") with
            {
                Header = "WWW-Authenticate: Bearer",
            };
        }
        if (!IsRight(shown))
        {
            Count();
            await Task.Delay(Pause, time);
            return HttpResponse.Line(HttpStatus.Forbidden, "wrong token");
        }
        // A page still shows the server that was taken over when its successor answers already.
        return request.Query == "" || request.Query == $"process={source.Process}"
            ? Execute(request)
            : HttpResponse.Line(HttpStatus.Conflict, "the page shows another process than the one that answers");
    }

    private HttpResponse Execute(HttpRequest request)
    {
        try
        {
            StatusRequest asked = StatusProtocol.ParseRequest(request.Body.Span);
            if (asked is ListRequest)
                return HttpResponse.Line(HttpStatus.Done, "the token is right");
            if (asked is not (CloseRequest or DrainRequest))
                return HttpResponse.Line(HttpStatus.BadRequest, "use the commands close, drain or status");
            if (source.Board is not { } board)
                return HttpResponse.Line(HttpStatus.Unavailable, "starting");
            board.Answer(asked);
            return HttpResponse.Line(HttpStatus.Done, "done");
        }
        catch (ProtocolException e)
        {
            return HttpResponse.Line(HttpStatus.BadRequest, e.Message);
        }
        catch (FormatException e)
        {
            return HttpResponse.Line(HttpStatus.Conflict, e.Message);
        }
    }

    // Of the hashes, so that the time does not tell the length either.
    private bool IsRight(string shown) =>
        shown.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.Latin1.GetBytes(shown[Scheme.Length..])), SHA256.HashData(token()));

    private void Count()
    {
        lock (_gate)
        {
            _wrong++;
            _timer ??= time.CreateTimer(
                static control => ((DashboardControl)control!).Warn(), this, Pause, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Logs the wrong tokens of the last second.</summary>
    private void Warn()
    {
        lock (_gate)
        {
            errors.WriteLine($"WARNING: --dashboard: {Quantity.FormatCount(_wrong, "wrong token")}");
            _wrong = 0;
            _timer?.Dispose();
            _timer = null;
        }
    }
}
