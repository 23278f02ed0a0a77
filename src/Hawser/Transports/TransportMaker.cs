using System.Net.Sockets;

namespace Hawser.Transports;

/// <summary>Makes the transport of a connected socket, and with it decides how its calls wait. The transport owns the
/// socket from then on.</summary>
public delegate Transport TransportMaker(Socket connected);
