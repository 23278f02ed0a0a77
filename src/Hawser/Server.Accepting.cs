using System.Net;
using System.Net.Sockets;
using Hawser.Accepting;
using Hawser.Limits;
using Hawser.Models;
using Hawser.Transports;

namespace Hawser;

/// <content>How it accepts and admits connections.</content>
public sealed partial class Server
{
    /// <summary>Accepts until the stop, then waits for the last connection. Runs where the model accepts.</summary>
    private async Task LiveAsync()
    {
        Interlocked.Increment(ref _accepting);
        try
        {
            for (bool goesOn = true; goesOn;)
            {
                try
                {
                    goesOn = await TakeNextAsync();
                }
                catch (OutOfMemoryException)
                {
                    // There was no memory even to shed, and none for a timer.
                    Thread.Yield();
                }
            }
        }
        finally
        {
            _ = StopAsync();
            AcceptNoMore();
            await _allEnded.Task;
        }
    }

    /// <returns>False at the stop.</returns>
    private async ValueTask<bool> TakeNextAsync()
    {
        Transport accepted;
        try
        {
            accepted = await _model.AcceptAsync(_listeners, _closing.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (SocketException e) when (!AcceptError.IsOfListener(e))
        {
            if (AcceptError.IsExhaustion(e))
                await _shedder.ShedAsync(AcceptError.Describe(e), hasReset: false, _closing.Token);
            else if (!AcceptError.IsOfOneConnection(e))
                await _shedder.PauseAsync(AcceptError.Describe(e), _closing.Token);
            return true;
        }
        catch (OutOfMemoryException)
        {
            await _shedder.ShedAsync("memory", hasReset: false, _closing.Token);
            return true;
        }
        await AdmitAsync(accepted);
        return true;
    }

    private async ValueTask AdmitAsync(Transport accepted)
    {
        if (!TryEnter(accepted, out AddressGate.Place? place))
            return;
        long id = accepted.Number > 0 ? accepted.Number : _listeners.NextNumber();
        _meter.CountAdmitted(Interlocked.Increment(ref _admitted));
        _tally.Enter();
        bool isServed = false;
        try
        {
            await _model.AdmitAsync(accepted, () =>
            {
                isServed = true;
                _tally.LeaveQueue();
                return ServeAsync(id, accepted, place);
            });
            _shedder.Recovered();
        }
        catch (Exception e) when (isServed)
        {
            _observer.Faulted(e);
        }
        catch (Exception e) when (e is NoThreadLeftException or OutOfMemoryException)
        {
            _tally.LeaveQueue();
            // Its place is freed together with its socket.
            _gate?.Leave(place);
            Interlocked.Decrement(ref _admitted);
            _scope.Guard(accepted.Abort);
            await _shedder.ShedAsync("threads", hasReset: true, _closing.Token);
        }
        catch (Exception e)
        {
            _tally.LeaveQueue();
            _scope.Guard(accepted.Abort);
            Leave(place);
            _observer.Faulted(e);
        }
    }

    /// <summary>Resets a connection that its address may not have, or whose address cannot be judged.</summary>
    private bool TryEnter(Transport accepted, out AddressGate.Place? place)
    {
        place = null;
        if (_gate is null)
            return true;
        EndPoint? peer = null;
        RefusalReason? reason = null;
        Exception? fault = null;
        try
        {
            // A peer of a Unix domain socket usually has no address.
            peer = accepted.RemoteEndPoint ?? accepted.LocalEndPoint;
            reason = _gate.TryEnter(accepted, out place);
            if (reason is null)
                return true;
        }
        catch (Exception e)
        {
            // For want of memory, for example: nothing may be allocated before the place is free.
            fault = e;
        }
        _listeners.ReturnPlace();
        _scope.Guard(accepted.Abort);
        if (fault is not null)
            _observer.Faulted(fault);
        if (reason is { } refused)
            _observer.Refused(refused, peer!);
        return false;
    }
}
