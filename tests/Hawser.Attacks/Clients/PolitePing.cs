using System.Net.Sockets;
using System.Text;

namespace Hawser.Attacks.Clients;

/// <summary>Connects, sends a ping, checks the pong and leaves.</summary>
internal sealed class PolitePing(int port) : PoliteClient(port)
{
    private readonly byte[] _buffer = new byte[256];
    private long _number;

    protected override string? Converse()
    {
        using Socket socket = Wire.Connect(Port);
        socket.Send(Encoding.ASCII.GetBytes($"ping 7 {++_number}\n"));
        socket.Shutdown(SocketShutdown.Send);
        int length = 0;
        for (int read; (read = socket.Receive(_buffer.AsSpan(length))) > 0;)
            length += read;
        string answer = Encoding.ASCII.GetString(_buffer, 0, length);
        return answer == $"pong 7 {_number}\n" ? null : throw new IOException($"'{answer.Trim()}' instead of a pong");
    }
}
