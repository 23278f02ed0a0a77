using System.Buffers;
using System.Text;
using Hawser.App.Http;
using Hawser.App.Status;

namespace Hawser.App.Dashboard;

/// <summary>Sends the state of the servers to the pages that watch, twice a second.</summary>
/// <remarks>A page gets the present state when it has taken the one before: a slow page gets fewer, and nothing queues
/// but in the kernel. One that takes ten seconds for a state is reset.</remarks>
internal sealed class DashboardStream(DashboardSource source, TimeProvider time)
{
    /// <summary>Pages that may watch at once.</summary>
    public const int MostPages = HttpResponder.MostStreams;

    /// <summary>The most that a page may take for one state.</summary>
    public static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(10);

    /// <summary>The pause between two states.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // How long a browser waits until it connects again.
    private static readonly byte[] Beginning = Encoding.ASCII.GetBytes("retry: 1000\n\n");

    /// <summary>Answers <c>/events?sort=ORDER</c>.</summary>
    public HttpResponse Answer(HttpRequest request)
    {
        // A page of another site cannot read the stream, but would take a place.
        if (!HttpOrigin.IsOwn(request))
            return HttpResponse.Line(HttpStatus.Forbidden, "for pages of this server only");
        string order = request.Query.StartsWith("sort=", StringComparison.Ordinal) ? request.Query["sort=".Length..] : "id";
        if (!StatusProtocol.Orders.Contains(order))
        {
            return HttpResponse.Line(
                HttpStatus.BadRequest, $"use sort={string.Join(", sort=", StatusProtocol.Orders)}");
        }
        if (source.Board is null)
            return HttpResponse.Line(HttpStatus.Unavailable, "starting");
        if (source.IsWatchedBy(MostPages))
            return HttpResponse.Line(HttpStatus.Unavailable, $"{MostPages} pages watch already, the most allowed");
        return new HttpResponse(HttpStatus.Done, "text/event-stream", Beginning)
        {
            Stream = (connection, _) => SendAsync(connection, order),
        };
    }

    private async Task SendAsync(Connection connection, string order)
    {
        // Others may have come meanwhile.
        using IDisposable? watch = source.TryWatch(MostPages);
        var state = new ArrayBufferWriter<byte>();
        long lastEvent = 0;
        while (watch is not null)
        {
            state.ResetWrittenCount();
            source.Write(state, order, ref lastEvent);
            if (!await TryWriteAsync(connection, state.WrittenMemory))
                return;
            // Waits on the loop: a timer would wake threads of the pool, which spin before they sleep. A page that finishes
            // or sends more has left.
            if (await connection.WaitForInputAsync(Deadline.After(Interval, time)) != InputState.TimedOut)
                return;
        }
    }

    /// <returns>False if the page does not read; it is reset.</returns>
    private async Task<bool> TryWriteAsync(Connection connection, ReadOnlyMemory<byte> state)
    {
        using var limit = new CancellationTokenSource(WriteLimit, time);
        try
        {
            await connection.WriteAsync(state, limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            connection.Abort();
            return false;
        }
    }
}
