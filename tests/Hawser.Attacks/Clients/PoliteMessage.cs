using System.Net.Sockets;

namespace Hawser.Attacks.Clients;

/// <summary>Sends a kilobyte and waits for the close, which says that it is written.</summary>
internal sealed class PoliteMessage(int port) : PoliteClient(port)
{
    private readonly byte[] _message = new byte[1024];

    protected override string? Converse()
    {
        using Socket socket = Wire.Connect(Port);
        socket.Send(_message);
        socket.Shutdown(SocketShutdown.Send);
        return socket.Receive(new byte[1]) == 0 ? null : throw new IOException("the server sent something");
    }
}
