using System.Diagnostics.CodeAnalysis;
using Hawser.Transports;

namespace Hawser.Tests.Support;

/// <summary>A layer that accepts bytes before they are sent, like an encrypting one, and keeps those that an interrupt
/// leaves unsent.</summary>
[SuppressMessage("Design", "CA1001", Justification = "a semaphore without a wait handle holds no resources")]
internal sealed class HoldingTransport(Transport inner) : LayeredTransport(inner)
{
    private const int RecordBytes = 16 * 1024;

    // The end may be sent during a pending send.
    private readonly SemaphoreSlim _gate = new(1);
    private ReadOnlyMemory<byte> _held;
    private volatile bool _holds;

    public override bool HasUnsent => _holds || base.HasUnsent;

    public static ValueTask<Transport> Over(Transport inner, CancellationToken cancel) => new(new HoldingTransport(inner));

    public override async ValueTask<int> SendAsync(ReadOnlyMemory<byte> data)
    {
        await _gate.WaitAsync();
        try
        {
            int sent = 0;
            while (await SendHeldAsync() && sent < data.Length)
            {
                Hold(data.Slice(sent, Math.Min(RecordBytes, data.Length - sent)).ToArray());
                sent += _held.Length;
                CountSent(_held.Length);
            }
            return sent;
        }
        finally
        {
            _gate.Release();
        }
    }

    public override async ValueTask SendUnsentAsync()
    {
        await _gate.WaitAsync();
        try
        {
            await SendHeldAsync();
        }
        finally
        {
            _gate.Release();
        }
        await base.SendUnsentAsync();
    }

    public override async ValueTask FinishSendingAsync()
    {
        while (HasUnsent)
            await SendUnsentAsync();
        await base.FinishSendingAsync();
    }

    /// <returns>Whether all of it is sent.</returns>
    private async ValueTask<bool> SendHeldAsync()
    {
        if (_holds)
            Hold(_held[await Inner.SendAsync(_held)..]);
        return !_holds;
    }

    private void Hold(ReadOnlyMemory<byte> bytes)
    {
        _held = bytes;
        _holds = !bytes.IsEmpty;
    }
}
