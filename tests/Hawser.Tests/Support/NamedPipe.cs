using System.Runtime.InteropServices;
using Xunit;

namespace Hawser.Tests.Support;

/// <summary>A named pipe (mkfifo(3)), whose open blocks until its other end is opened.</summary>
internal static partial class NamedPipe
{
    private const uint OwnerOnly = 0x180;

    public static void Create(string path) => Assert.Equal(0, mkfifo(path, OwnerOnly));

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);
}
