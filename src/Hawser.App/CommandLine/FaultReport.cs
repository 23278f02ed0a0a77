using System.Net.Sockets;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App.CommandLine;

/// <summary>The one place where an error becomes one line and an exit code.</summary>
internal static class FaultReport
{
    /// <summary>Reports the exception that ended the program and returns the exit code.</summary>
    /// <param name="fault">A usage error, an external failure, or, of any other type, a bug.</param>
    /// <param name="misused">The exit code of a usage error.</param>
    /// <param name="errors">Receives one line; of a bug, the stack trace as well.</param>
    public static int Write(Exception fault, int misused, TextWriter errors)
    {
        switch (fault)
        {
            case UsageException:
                errors.WriteLine($"ERROR: {Printable.Line(fault.Message)}");
                return misused;
            case IOException { InnerException.HResult: DescriptorStream.EPIPE }:
                // The reader has closed the output, as in `hawser ping HOST | head -1`.
                return ExitCode.Unread;
            case DirectoryNotFoundException when fault.Message.Split('\'') is [_, .. var path, _]:
                errors.WriteLine($"ERROR: {Printable.Line(string.Join('\'', path))}: no such folder");
                return ExitCode.Failed;
            case FileNotFoundException { FileName: { } file }
                when fault.Message.StartsWith("Could not find", StringComparison.Ordinal):
                errors.WriteLine($"ERROR: {Printable.Line(file)}: no such file");
                return ExitCode.Failed;
            case IOException or ProtocolException or UnauthorizedAccessException or PlatformNotSupportedException
                or OperationCanceledException or SocketException or TimeoutException:
                errors.WriteLine($"ERROR: {Printable.Line(fault.Message)}");
                return ExitCode.Failed;
            default:
                errors.WriteLine($"ERROR: internal error: {Printable.Line(fault.Message)}\n{fault}");
                return ExitCode.InternalError;
        }
    }
}
