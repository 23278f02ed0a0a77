using System.Runtime.InteropServices;
using Hawser.Native;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services;

/// <summary>A descriptor that other processes may share, used at its own position (POSIX).</summary>
/// <remarks>A <see cref="FileStream"/> keeps an offset of its own. With the output redirected to a file, it would
/// overwrite what standard error or an earlier program wrote through the same descriptor.</remarks>
internal sealed partial class DescriptorStream(int descriptor) : Stream
{
    /// <summary>The <see cref="Exception.HResult"/> of a write without a reader. Other errors have their
    /// errno.</summary>
    public const int EPIPE = 32;

    private const int EINTR = 4;
    private const int EAGAIN = 11;
    private const int EAGAINOfBsd = 35;
    private const short POLLIN = 1;
    private const short POLLOUT = 4;
    private const int WithoutEnd = -1;

    /// <summary>The descriptor; stays open.</summary>
    public SafeFileHandle Handle { get; } = new(descriptor, ownsHandle: false);

    /// <summary>Whether it is a pipe, as far as the system tells.</summary>
    public bool IsPipe => Kind == FileKind.Pipe;

    private FileKind? Kind => OperatingSystem.IsLinux() ? FileIdentity.Of(Handle)?.Kind : null;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <summary>Whether it is a regular file, as far as the system tells.</summary>
    public override bool CanSeek => Kind == FileKind.Regular;

    public override long Length => RandomAccess.GetLength(Handle);

    public override long Position
    {
        get => Seek(0, SeekOrigin.Current);
        set => Seek(value, SeekOrigin.Begin);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override unsafe int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint received;
            while ((received = read(descriptor, start, (nuint)buffer.Length)) < 0)
                WaitOrThrow(POLLIN, "cannot read the standard input: ");
            return (int)received;
        }
    }

    /// <summary>Blocks like <see cref="Read(Span{byte})"/>. The default would use a second thread for every
    /// call.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<int>(Read(buffer.Span));
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            fixed (byte* start = buffer)
            {
                nint written = write(descriptor, start, (nuint)buffer.Length);
                if (written < 0)
                    WaitOrThrow(POLLOUT, "");
                else
                    buffer = buffer[(int)written..];
            }
        }
    }

    public override void Flush()
    {
    }

    /// <summary>Moves the position of every process that shares the descriptor.</summary>
    public override long Seek(long offset, SeekOrigin origin)
    {
        long position = lseek(descriptor, offset, (int)origin);
        return position >= 0 ? position : throw new IOException(Marshal.GetLastPInvokeErrorMessage());
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>The parent process may have made the descriptor non-blocking: waits until it is ready.</summary>
    private unsafe void WaitOrThrow(short events, string what)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error == EINTR)
            return;
        if (error != EAGAIN && error != EAGAINOfBsd)
            throw new IOException(what + Marshal.GetPInvokeErrorMessage(error), error);
        var waiting = new PollRequest { Descriptor = descriptor, Events = events };
        _ = poll(&waiting, 1, WithoutEnd);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(int descriptor, long offset, int origin);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int poll(PollRequest* requests, nuint count, int timeoutMs);

    /// <summary><c>struct pollfd</c>.</summary>
    private struct PollRequest
    {
        public int Descriptor;
        public short Events;
        public short Seen;
    }
}
