using System.Net;
using System.Net.Sockets;
using Hawser.EventLoops;
using Hawser.Native;

namespace Hawser.Dialing;

/// <summary>Happy Eyeballs (RFC 8305, section 5): runs <see cref="ConnectAttempts"/> until one connects, with
/// asynchronous or blocking calls, or on an event loop.</summary>
/// <remarks>The methods throw a <see cref="SocketException"/> if all attempts fail, a <see cref="TimeoutException"/>
/// at the deadline (or an address's refusal, if any) and an <see cref="OperationCanceledException"/> on
/// cancellation.</remarks>
internal static class ConnectRace
{
    public static async Task<Socket> RunAsync(ConnectAttempts attempts, Deadline deadline, CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        over.CancelAfter(deadline.RemainingForTimer);
        var connecting = new List<Task<(Socket Socket, SocketException? Failure)>>();
        try
        {
            while (true)
            {
                attempts.ThrowIfAllFailed();
                if (attempts.NextStart.HasPassed)
                {
                    if (attempts.Start(out EndPoint endPoint) is { } begun)
                        connecting.Add(ConnectAsync(begun, endPoint, over.Token));
                    continue;
                }
                Task pause = Task.Delay(attempts.NextStart.RemainingForTimer, over.Token);
                Task ended = await Task.WhenAny([.. connecting, pause]);
                if (ended is not Task<(Socket Socket, SocketException? Failure)> attempt)
                {
                    await ended;
                    continue;
                }
                connecting.Remove(attempt);
                (Socket socket, SocketException? failure) = await attempt;
                if (failure is null)
                    return attempts.Keep(socket);
                attempts.Fail(socket, failure);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            cancel.ThrowIfCancellationRequested();
            throw attempts.TimedOut();
        }
        finally
        {
            await over.CancelAsync();
            await ((Task)Task.WhenAll(connecting)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>A blocking socket on which .NET has made no asynchronous call: after one, .NET's poller would watch it
    /// forever.</returns>
    public static Socket Run(ConnectAttempts attempts, Deadline deadline, CancellationToken cancel)
    {
        using WakeSocket? wake = cancel.CanBeCanceled ? new WakeSocket() : null;
        using CancellationTokenRegistration signal = cancel.Register(() => wake?.Signal());
        var connecting = new List<Socket>();
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            attempts.ThrowIfAllFailed();
            if (deadline.HasPassed)
                throw attempts.TimedOut();
            if (attempts.NextStart.HasPassed)
            {
                if (attempts.Start(out EndPoint endPoint) is { } begun && BeginConnect(begun, endPoint, attempts))
                    connecting.Add(begun);
                continue;
            }
            foreach (Socket socket in WaitForAny(connecting, wake, Deadline.Earlier(deadline, attempts.NextStart), cancel))
            {
                connecting.Remove(socket);
                if (Failure(socket) is not { } failure)
                    return ToBlocking(attempts.Keep(socket));
                attempts.Fail(socket, failure);
            }
        }
    }

    /// <summary>Runs the attempts one after another, on the thread of a loop.</summary>
    /// <returns>A socket that does not block, on which .NET has made no asynchronous call.</returns>
    public static async Task<Socket> RunAsync(ConnectAttempts attempts, EventLoop loop, Deadline deadline)
    {
        while (true)
        {
            attempts.ThrowIfAllFailed();
            if (deadline.HasPassed)
                throw attempts.TimedOut();
            if (!attempts.NextStart.HasPassed)
            {
                await Task.Delay(Deadline.Earlier(deadline, attempts.NextStart).RemainingForTimer);
                continue;
            }
            if (attempts.Start(out EndPoint endPoint) is not { } socket || !BeginConnect(socket, endPoint, attempts))
                continue;
            if (!await new PendingConnect(loop, socket).WaitAsync(deadline))
                throw attempts.TimedOut();
            SocketException? failure = Failure(socket);
            // .NET notices the end of a non-blocking connect when it is asked.
            if (failure is null && socket.Connected)
                return attempts.Keep(socket);
            attempts.Fail(socket, failure ?? new SocketException((int)SocketError.ConnectionReset));
        }
    }

    private static async Task<(Socket Socket, SocketException? Failure)> ConnectAsync(
        Socket socket, EndPoint endPoint, CancellationToken cancel)
    {
        try
        {
            await socket.ConnectAsync(endPoint, cancel);
            return (socket, null);
        }
        catch (SocketException e)
        {
            return (socket, e);
        }
    }

    /// <returns>False if it failed at once; the error is recorded.</returns>
    private static bool BeginConnect(Socket socket, EndPoint endPoint, ConnectAttempts attempts)
    {
        try
        {
            socket.Blocking = false;
            socket.Connect(endPoint);
            return true;
        }
        // For a Unix domain socket it means that the backlog is full.
        catch (SocketException e) when (
            e.SocketErrorCode == SocketError.WouldBlock && endPoint is not UnixDomainSocketEndPoint)
        {
            return true;
        }
        catch (SocketException e)
        {
            attempts.Fail(socket, e);
            return false;
        }
    }

    /// <returns>The sockets that connected or failed, in order of their start; none at the deadline or on
    /// cancellation.</returns>
    private static Socket[] WaitForAny(
        List<Socket> connecting, WakeSocket? wake, Deadline until, CancellationToken cancel)
    {
        TimeSpan left = until.RemainingForSelect;
        if (connecting.Count == 0)
        {
            cancel.WaitHandle.WaitOne(left);
            return [];
        }
        List<Socket> woken = wake is null ? [] : [wake.Socket];
        List<Socket> writable = [.. connecting];
        // Windows reports failures here, other systems as writable.
        List<Socket> failed = [.. connecting];
        Socket.Select(woken, writable, failed, left);
        return [.. connecting.Where(socket => writable.Contains(socket) || failed.Contains(socket))];
    }

    /// <summary>The error of an attempt that Select reported; null if it connected.</summary>
    private static SocketException? Failure(Socket socket)
    {
        int error = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        return error == 0 ? null : new SocketException(error);
    }

    private static Socket ToBlocking(Socket socket)
    {
        if (!Platform.IsLinux)
        {
            socket.Blocking = true;
            return socket;
        }
        // On Linux .NET leaves the descriptor as it is and would treat it as non-blocking from then on.
        using (socket)
            return new Socket(Libc.DuplicateBlocking(socket.SafeHandle));
    }
}
