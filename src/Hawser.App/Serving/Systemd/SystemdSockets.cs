using System.Collections;
using System.Net.Sockets;
using Hawser.App.CommandLine;
using Hawser.App.Serving.Configuration;

namespace Hawser.App.Serving.Systemd;

/// <summary>Listening sockets from systemd (sd_listen_fds(3)): <c>LISTEN_FDS</c> descriptors from 3 on, for the process
/// <c>LISTEN_PID</c>, with the names <c>LISTEN_FDNAMES</c>.</summary>
internal static class SystemdSockets
{
    private const int FirstDescriptor = 3;
    private const int MostDescriptors = 1_000;

    /// <summary>Serves at the sockets from systemd, where there are any, instead of the addresses of the
    /// options.</summary>
    /// <param name="runs">The services. If there are several, a socket's name is that of its service
    /// (<c>FileDescriptorName=</c>).</param>
    /// <param name="variables">The environment.</param>
    /// <param name="process">The id of this process.</param>
    /// <param name="first">The first descriptor.</param>
    /// <exception cref="UsageException">A descriptor is not a listening socket, or has no service.</exception>
    public static IReadOnlyList<ServiceRun> Adopt(
        IReadOnlyList<ServiceRun> runs, IDictionary variables, int process, int first = FirstDescriptor)
    {
        if (variables["LISTEN_PID"] as string != $"{process}" || variables["LISTEN_FDS"] is not string text)
            return runs;
        if (!int.TryParse(text, out int count) || count is < 0 or > MostDescriptors)
            throw new UsageException($"LISTEN_FDS: '{text}' is not a number of descriptors");
        string[] names = (variables["LISTEN_FDNAMES"] as string)?.Split(':') ?? [];
        (string Name, Socket Socket)[] sockets =
        [
            .. Enumerable.Range(0, count).Select(index => (
                runs.Count == 1 ? runs[0].Service.Name : NameOf(index), SocketOf(first + index))),
        ];
        return [.. runs.Select(run => run.At([.. sockets
            .Where(socket => socket.Name == run.Service.Name).Select(socket => socket.Socket)]))];

        string NameOf(int index)
        {
            string name = index < names.Length ? names[index] : "";
            return runs.Any(run => run.Service.Name == name)
                ? name
                : throw new UsageException($"LISTEN_FDNAMES: '{name}' is not a service that is served; "
                    + $"use FileDescriptorName={string.Join(" or ", runs.Select(run => run.Service.Name))}");
        }
    }

    private static Socket SocketOf(int descriptor)
    {
        try
        {
            var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
            if (socket.SocketType == SocketType.Stream
                && (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection)! != 0)
                return socket;
        }
        catch (SocketException)
        {
            // Closed, or not a socket.
        }
        throw new UsageException(
            $"LISTEN_FDS: descriptor {descriptor} is not a listening socket; use ListenStream= with Accept=no");
    }
}
