using System.Buffers;
using System.Diagnostics.Metrics;
using System.Net;
using Hawser.Services.Text;

namespace Hawser.Services.Numbers;

/// <summary>Sends each client a list of its own, generated straight into the send buffer, a buffer at a time.</summary>
/// <param name="count">Numbers per list.</param>
/// <param name="range">What they are drawn from.</param>
/// <param name="seed">Makes list i, in the order of accept, the same everywhere; null: every list is
/// unpredictable.</param>
/// <param name="log">Gets a line per list sent.</param>
/// <param name="meter">Has the counter of lists; null for none.</param>
internal sealed class NumbersHandler(int count, NumberRange range, ulong? seed, TextWriter log, Meter? meter)
    : IConnectionHandler
{
    private const int BufferBytes = 128 * 1024;

    private readonly Counter<long>? _lists = meter?.CreateCounter<long>(
        "hawser.numbers.lists", "{list}", "Lists sent whole.");

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        var list = new NumberListWriter(CreateGenerator(connection.Id - 1), count);
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
        _lists?.Add(1);
        log.WriteLine($"Sent a file to {PythonTuple(connection.RemoteEndPoint)}");
    }

    private NumberGenerator CreateGenerator(long index) =>
        seed is { } known ? NumberGenerator.ForList(known, index, range) : NumberGenerator.Unseeded(range);

    /// <summary>The address as the exercise prints it.</summary>
    private static string PythonTuple(EndPoint? endPoint) =>
        endPoint is IPEndPoint ip ? $"('{ip.Address}', {ip.Port})" : Printable.Line($"{endPoint}");
}
