using System.Net.Sockets;

namespace Hawser.Attacks.Clients;

/// <summary>Fetches a list and counts its numbers.</summary>
internal sealed class PoliteNumbers(int port) : PoliteClient(port)
{
    private const int Numbers = 250_000;

    private readonly byte[] _buffer = new byte[256 * 1024];

    protected override string? Converse()
    {
        using Socket socket = Wire.Connect(Port);
        int numbers = 1;
        for (int read; (read = socket.Receive(_buffer)) > 0;)
            numbers += _buffer.AsSpan(0, read).Count((byte)',');
        return numbers == Numbers ? null : throw new IOException($"{numbers} numbers instead of {Numbers}");
    }
}
