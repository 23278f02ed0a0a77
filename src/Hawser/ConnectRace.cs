using System.Net;
using System.Net.Sockets;
using Hawser.EventLoops;
using Hawser.Native;

namespace Hawser;

/// <summary>Happy Eyeballs (RFC 8305, section 5): runs <see cref="ConnectAttempts"/> until the first connects, by
/// asynchronous calls or by blocking the thread.</summary>
/// <remarks>Both throw a <see cref="SocketException"/> when all attempts have failed, a
/// <see cref="TimeoutException"/> at the deadline (or the refusal of an address, if there was one) and an
/// <see cref="OperationCanceledException"/> when cancelled.</remarks>
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

    /// <returns>A blocking socket that has seen no asynchronous call of .NET: after one, .NET's own engine would watch
    /// it for ever.</returns>
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

    /// <returns>False when it failed at once, which is then noted.</returns>
    private static bool BeginConnect(Socket socket, EndPoint endPoint, ConnectAttempts attempts)
    {
        try
        {
            socket.Blocking = false;
            socket.Connect(endPoint);
            return true;
        }
        // Of a Unix domain socket it says that the backlog is full.
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

    /// <returns>Those that have connected or failed, in the order in which they began; none at the deadline or when
    /// cancelled.</returns>
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
        // Windows reports failures here, others as writable.
        List<Socket> failed = [.. connecting];
        Socket.Select(woken, writable, failed, left);
        return [.. connecting.Where(socket => writable.Contains(socket) || failed.Contains(socket))];
    }

    /// <summary>How an attempt that Select reported has ended.</summary>
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
        // There .NET only pretends: it leaves the descriptor as it is and would take it for non-blocking ever after.
        using (socket)
            return new Socket(Libc.DuplicateBlocking(socket.SafeHandle));
    }
}
