using System.Net.Sockets;

namespace Hawser;

/// <summary>A connection as a <see cref="ListenerSet"/> gives it.</summary>
/// <param name="Socket">Connected, and in the listener's mode.</param>
/// <param name="Number">Counts from 1 in the order in which the kernel gave the connections, whichever thread took
/// them. It becomes <see cref="Connection.Id"/>.</param>
public readonly record struct AcceptedSocket(Socket Socket, long Number);
