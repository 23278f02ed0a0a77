using System.Buffers;
using Hawser.DescriptorUse;
using Hawser.Native;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Transports;

/// <summary>Moves bytes from a socket into a file or pipe within the kernel: splice(2) through a pipe of its own. Linux
/// only.</summary>
internal sealed class SplicePipe : IDisposable
{
    // The limit for unprivileged processes (pipe(7), pipe-max-size). A smaller pipe is slower than a buffer.
    private const int Bytes = 1024 * 1024;

    private const int Descriptors = 2;

    private readonly SafeFileHandle _output;
    private readonly SafeFileHandle _input;
    private int _isDisposed;

    private SplicePipe(SafeFileHandle output, SafeFileHandle input)
    {
        _output = output;
        _input = input;
    }

    /// <returns>Null if the system has no such pipe left.</returns>
    public static SplicePipe? TryCreate()
    {
        if (!DescriptorBudget.Shared.TryTake(Descriptors))
            return null;
        if (Libc.TryCreatePipe(Bytes, out SafeFileHandle? output, out SafeFileHandle? input))
            return new SplicePipe(output, input);
        DescriptorBudget.Shared.Return(Descriptors);
        return null;
    }

    /// <summary>Moves available bytes into the pipe, at least one.</summary>
    /// <returns>Bytes; 0 at the end of the stream; or the negative errno.</returns>
    public int Fill(int socket)
    {
        using DescriptorLease input = new(_input);
        return (int)Libc.Splice(socket, input.Descriptor, -1, Bytes);
    }

    /// <summary>Moves the pipe's bytes into a file; with an offset below zero, into another pipe.</summary>
    /// <exception cref="IOException">The disk is full or failed, or the other pipe has no reader; its HResult is the
    /// errno.</exception>
    public void Empty(SafeFileHandle file, long offset, int count)
    {
        using DescriptorLease output = new(_output);
        using DescriptorLease target = new(file);
        while (count > 0)
        {
            long moved = Libc.Splice(output.Descriptor, target.Descriptor, offset, count);
            if (moved == -Libc.EAGAIN)
            {
                // Another process has made the other pipe non-blocking.
                Libc.Poll(target.Descriptor, toSend: true, wake: -1, Deadline.None, out _);
                continue;
            }
            if (moved == -Libc.EINVAL && offset >= 0)
            {
                Copy(output, file, offset, count);
                return;
            }
            if (moved <= 0)
                throw Libc.FileError((int)-moved);
            offset += offset < 0 ? 0 : moved;
            count -= (int)moved;
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _input.Dispose();
        _output.Dispose();
        DescriptorBudget.Shared.Return(Descriptors);
    }

    /// <summary>Copies, for file systems without splice.</summary>
    private static void Copy(DescriptorLease output, SafeFileHandle file, long offset, int count)
    {
        const int CopyBytes = 64 * 1024;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            while (count > 0)
            {
                int read = Libc.Read(output.Descriptor, buffer.AsSpan(0, Math.Min(count, CopyBytes)));
                if (read <= 0)
                    throw Libc.FileError(-read);
                RandomAccess.Write(file, buffer.AsSpan(0, read), offset);
                offset += read;
                count -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
