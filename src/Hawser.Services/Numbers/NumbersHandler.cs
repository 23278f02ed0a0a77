using System.Buffers;
using System.Net;

namespace Hawser.Services.Numbers;

/// <summary>Sends each client a list of its own, generated straight into the send buffer, a buffer at a time.</summary>
internal sealed class NumbersHandler(NumbersSettings settings, TextWriter log) : IConnectionHandler
{
    private const int BufferBytes = 128 * 1024;

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        NumberListWriter list = settings.CreateWriter(connection.Id - 1);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int length;
            while ((length = list.Write(buffer.AsSpan(0, BufferBytes))) > 0)
                await connection.WriteAsync(buffer.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        log.WriteLine($"Sent a file to {PythonTuple(connection.RemoteEndPoint)}");
    }

    /// <summary>The address as the exercise prints it.</summary>
    private static string PythonTuple(EndPoint? endPoint) =>
        endPoint is IPEndPoint ip ? $"('{ip.Address}', {ip.Port})" : $"{endPoint}";
}
