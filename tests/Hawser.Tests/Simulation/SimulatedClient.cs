using System.Net.Sockets;

namespace Hawser.Tests.Simulation;

/// <summary>The client's end of a simulated connection, with calls that wait. One send and one receive at a
/// time.</summary>
internal sealed class SimulatedClient
{
    private readonly SimulatedEnd _end;
    private TaskCompletionSource _change = NewSignal();

    public SimulatedClient(SimulatedEnd end)
    {
        _end = end;
        end.Changed += Wake;
    }

    public long BytesReceived { get; private set; }

    /// <summary>The server's FIN was read.</summary>
    public bool SawEnd { get; private set; }

    /// <summary>The server's reset was read.</summary>
    public bool SawReset { get; private set; }

    /// <summary>The client reset the connection itself.</summary>
    public bool HasReset { get; private set; }

    /// <summary>Nothing more will come.</summary>
    public bool IsOver => SawEnd || SawReset || _end.IsClosed;

    /// <returns>False when the conversation is over, and not all of it was sent.</returns>
    public async Task<bool> SendAsync(ReadOnlyMemory<byte> data)
    {
        try
        {
            while (!IsOver)
            {
                data = data[_end.TrySend(data.Span)..];
                if (data.IsEmpty)
                    return true;
                await _change.Task;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The receiving side knows which peer ended it.
        }
        return false;
    }

    /// <returns>Bytes; 0 when the conversation is over.</returns>
    public async Task<int> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            int received;
            while ((received = _end.TryReceive(buffer.Span)) < 0)
                await _change.Task;
            BytesReceived += received;
            SawEnd = received == 0;
            return received;
        }
        catch (SocketException)
        {
            SawReset = true;
        }
        catch (ObjectDisposedException)
        {
            // Our own reset.
        }
        finally
        {
            Wake();
        }
        return 0;
    }

    /// <summary>Waits until something happens.</summary>
    public Task ChangeAsync() => _change.Task;

    public void FinishSending()
    {
        if (!_end.IsClosed && !_end.IsBroken)
            _end.FinishSending();
    }

    public void Reset()
    {
        HasReset = !_end.IsClosed;
        _end.Reset();
        Wake();
    }

    public void Close() => _end.Close();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Wake()
    {
        TaskCompletionSource change = _change;
        _change = NewSignal();
        change.SetResult();
    }
}
