using System.Runtime.InteropServices;

namespace Hawser.Native;

/// <summary>Keeps a handle's descriptor open, and its number from being reused, while in use.</summary>
internal readonly ref struct DescriptorLease : IDisposable
{
    private readonly SafeHandle _handle;

    /// <exception cref="ObjectDisposedException">The handle is closed.</exception>
    public DescriptorLease(SafeHandle handle)
    {
        bool added = false;
        handle.DangerousAddRef(ref added);
        _handle = handle;
    }

    public int Descriptor => (int)_handle.DangerousGetHandle();

    public void Dispose() => _handle.DangerousRelease();
}
