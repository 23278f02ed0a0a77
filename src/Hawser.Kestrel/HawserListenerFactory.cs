using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hawser.Kestrel;

/// <summary>Starts a server for each endpoint that Kestrel binds.</summary>
internal sealed class HawserListenerFactory(
    IOptions<HawserTransportOptions> options, ILoggerFactory loggers, IMemoryPoolFactory<byte>? pools = null)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly ILogger _logger = loggers.CreateLogger("Hawser.Kestrel");

    // Pipes and descriptors that Kestrel was given are left to its other transports.
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint or UnixDomainSocketEndPoint;

    /// <exception cref="AddressInUseException">Kestrel explains it.</exception>
    /// <exception cref="SocketException">Any other failure; Kestrel then tries IPv4 where it was asked for any
    /// address.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        try
        {
            return new(new HawserListener(endpoint, options.Value, _logger, pools));
        }
        catch (ListenException e) when (e.InnerException is SocketException cause)
        {
            throw cause.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? new AddressInUseException(e.Message, e)
                : new SocketException((int)cause.SocketErrorCode, e.Message);
        }
    }
}
