using Microsoft.Win32.SafeHandles;

namespace Hawser.DescriptorUse;

/// <summary>Descriptors that the process holds while it has servers, for the moment when no other is left: to accept
/// with, and for the runtime, which aborts the process if it cannot start a thread. Thread-safe.</summary>
/// <param name="open">Takes a descriptor.</param>
internal sealed class DescriptorReserve(Func<SafeFileHandle> open)
{
    private const int Size = 8;

    private readonly Lock _gate = new();
    private readonly SafeFileHandle?[] _held = new SafeFileHandle?[Size];
    private int _servers;
    private int _loans;

    /// <summary>The reserve of the process.</summary>
    public static DescriptorReserve Shared { get; } =
        new(() => File.OpenHandle(OperatingSystem.IsWindows() ? "NUL" : "/dev/null"));

    /// <summary>A server starts.</summary>
    public void Enter()
    {
        lock (_gate)
        {
            _servers++;
            Hold();
        }
    }

    /// <summary>A server has ended.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (--_servers == 0)
                Close();
        }
    }

    /// <summary>Frees the descriptors.</summary>
    public void Lend()
    {
        lock (_gate)
        {
            _loans++;
            Close();
        }
    }

    /// <summary>Holds them again, once for each <see cref="Lend"/>.</summary>
    public void TakeBack()
    {
        lock (_gate)
        {
            _loans--;
            Hold();
        }
    }

    /// <summary>Holds those that it lacks.</summary>
    /// <returns>False while descriptors are short, or lent.</returns>
    public bool TryHold()
    {
        lock (_gate)
        {
            Hold();
            return _servers == 0 || _held[^1] is not null;
        }
    }

    private void Hold()
    {
        if (_servers == 0 || _loans > 0)
            return;
        try
        {
            for (int i = 0; i < Size; i++)
                _held[i] ??= open();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next loan that ends, or the next server, takes the rest.
        }
    }

    private void Close()
    {
        for (int i = 0; i < Size; i++)
        {
            _held[i]?.Dispose();
            _held[i] = null;
        }
    }
}
