using System.Net.Sockets;

namespace Hawser;

/// <summary>A connection accepted by a <see cref="ListenerSet"/>.</summary>
/// <param name="Socket">Connected, in the listener's blocking mode.</param>
/// <param name="Number">Counts from 1 in the order of acceptance, across threads; becomes
/// <see cref="Connection.Id"/>.</param>
public readonly record struct AcceptedSocket(Socket Socket, long Number);
