#:project ../src/Hawser/Hawser.csproj
#:property PublishAot=false
using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Hawser;
using Hawser.Models;

// Requests and responses with a length prefix: the response to a text is its SHA-256.
//   dotnet run samples/frames.cs -- epoll 127.0.0.1:7005
//   dotnet run samples/frames.cs -- ask 127.0.0.1:7005 one two three
if (args is ["ask", var address, .. var texts])
{
    await DigestClient.AskAsync(IPEndPoint.Parse(address), texts);
    return;
}
await using Server server = Server.Start(new DigestHandler(), new ServerOptions
{
    EndPoints = [IPEndPoint.Parse(args is [_, var at, ..] ? at : "127.0.0.1:7005")],
    Model = ConcurrencyModels.Get(args is [var name, ..] ? name : "epoll"),
});
Console.WriteLine($"Listening on {server.EndPoints[0]}");
await server.Completion;

internal sealed class DigestHandler : IConnectionHandler
{
    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        IDuplexPipe pipe = connection.AsDuplexPipe();
        ReadResult read;
        do
        {
            read = await pipe.Input.ReadAsync();
            ReadOnlySequence<byte> rest = read.Buffer;
            while (FrameProtocol.TryRead(ref rest, out int number, out ReadOnlySequence<byte> body))
                FrameProtocol.Write(pipe.Output, number, SHA256.HashData(body.ToArray()));
            if (read.IsCompleted && !rest.IsEmpty)
                throw ProtocolException.Truncated("frame");
            pipe.Input.AdvanceTo(consumed: rest.Start, examined: rest.End);
            await pipe.Output.FlushAsync();
        }
        // A stop between two requests cancels a read.
        while (!read.IsCompleted && !read.IsCanceled);
    }
}

internal static class DigestClient
{
    /// <summary>Sends all requests, then reads the responses.</summary>
    public static async Task AskAsync(IPEndPoint server, string[] texts)
    {
        await using Connection connection = await Dialer.ConnectAsync(server, TimeSpan.FromSeconds(5));
        IDuplexPipe pipe = connection.AsDuplexPipe();
        for (int n = 0; n < texts.Length; n++)
            FrameProtocol.Write(pipe.Output, n, Encoding.UTF8.GetBytes(texts[n]));
        await pipe.Output.FlushAsync();
        for (int answered = 0; answered < texts.Length;)
        {
            ReadResult read = await pipe.Input.ReadAsync();
            ReadOnlySequence<byte> rest = read.Buffer;
            for (; FrameProtocol.TryRead(ref rest, out int number, out ReadOnlySequence<byte> body); answered++)
            {
                if (number < 0 || number >= texts.Length)
                    throw new ProtocolException($"a response to request {number}, which was not sent");
                Console.WriteLine($"{Convert.ToHexStringLower(body.ToArray())}  {texts[number]}");
            }
            pipe.Input.AdvanceTo(consumed: rest.Start, examined: rest.End);
            if (read.IsCompleted && answered < texts.Length)
                throw ProtocolException.Truncated("responses");
        }
    }
}

/// <summary>A frame: the length of its body and the number of the request, which the response repeats, in four bytes
/// each, big endian; then the body.</summary>
internal static class FrameProtocol
{
    private const int MostBytes = 64 * 1024;

    /// <summary>Takes a frame off the front; false, with nothing taken, if it is incomplete.</summary>
    public static bool TryRead(
        ref ReadOnlySequence<byte> rest, out int number, out ReadOnlySequence<byte> body)
    {
        (number, body) = (0, default);
        var reader = new SequenceReader<byte>(rest);
        if (!reader.TryReadBigEndian(out int length))
            return false;
        if (length is < 0 or > MostBytes)
            throw new ProtocolException($"a frame of {(uint)length} bytes; the limit is {MostBytes}");
        if (!reader.TryReadBigEndian(out number) || reader.Remaining < length)
            return false;
        body = reader.UnreadSequence.Slice(0, length);
        rest = reader.UnreadSequence.Slice(length);
        return true;
    }

    public static void Write(IBufferWriter<byte> output, int number, ReadOnlySpan<byte> body)
    {
        Span<byte> head = output.GetSpan(8);
        BinaryPrimitives.WriteInt32BigEndian(head, body.Length);
        BinaryPrimitives.WriteInt32BigEndian(head[4..], number);
        output.Advance(8);
        output.Write(body);
    }
}
