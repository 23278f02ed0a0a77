using System.Text;
using Hawser.Transports;
using Microsoft.Extensions.Logging.Abstractions;
using Worker;
using Xunit;

namespace Hawser.Tests.Samples;

/// <summary>The handler of docs/embedding.md, tested without a socket.</summary>
public sealed class TallyHandlerTest
{
    [Theory]
    [InlineData("apples 3\napples 4\n", "apples 3\napples 7\n")]
    [InlineData("apples -3\r", "")]
    [InlineData("apples three\n", "ERROR: expected NAME NUMBER, like apples 3\n")]
    [InlineData(" 3\n", "ERROR: expected NAME NUMBER, like apples 3\n")]
    [InlineData("apples 3 4\n", "ERROR: expected NAME NUMBER, like apples 3\n")]
    public async Task Lines_get_their_sums_and_others_an_error(string sent, string expected)
    {
        (MemoryTransport server, MemoryTransport client) = MemoryTransport.CreatePair();
        await using var peer = new Connection(client);
        await peer.WriteAsync(Encoding.ASCII.GetBytes(sent));
        await peer.FinishWritingAsync();

        await using (var connection = new Connection(server))
        {
            var handler = new TallyHandler(new Tally(), NullLogger<TallyHandler>.Instance);
            // A line that is too long, or cut off, throws as well.
            await Record.ExceptionAsync(() => handler.HandleAsync(connection, CancellationToken.None));
            await connection.FinishWritingAsync();
        }

        Assert.Equal(expected, await new StreamReader(peer.AsStream()).ReadToEndAsync());
    }
}
