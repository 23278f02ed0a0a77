using System.Net.Sockets;
using System.Text;

namespace Hawser.Attacks.Clients;

/// <summary>Uploads ten kilobytes and reads the receipt.</summary>
internal sealed class PoliteUpload(int port) : PoliteClient(port)
{
    private readonly byte[] _file = new byte[10_000];
    private readonly byte[] _receipt = new byte[256];

    protected override string? Converse()
    {
        using Socket socket = Wire.Connect(Port);
        socket.Send(_file);
        socket.Shutdown(SocketShutdown.Send);
        int length = 0;
        for (int read; length < _receipt.Length && (read = socket.Receive(_receipt.AsSpan(length))) > 0;)
            length += read;
        string receipt = Encoding.ASCII.GetString(_receipt, 0, length).Trim();
        return receipt.StartsWith("OK ", StringComparison.Ordinal) ? null
            : receipt.StartsWith("ERROR ", StringComparison.Ordinal) ? receipt
            : throw new IOException($"'{receipt}' instead of a receipt");
    }
}
