using System.Text;
using Hawser.Services.Clock.Recording;

namespace Hawser.Tests.Services.Clock;

/// <summary>Recordings as clients write them.</summary>
internal static class Recordings
{
    public static byte[] Make(int rows, string client = "10.0.0.2:40000")
    {
        var random = new Random(1);
        var content = new MemoryStream();
        content.Write(TimeDataFormat.Opening);
        Span<byte> line = stackalloc byte[TimeDataFormat.LongestLine];
        byte[] sender = Encoding.ASCII.GetBytes(client), receiver = Encoding.ASCII.GetBytes("10.0.0.1:5555");
        for (int i = 0; i < rows; i++)
        {
            long wallNs = 1_795_155_437_000_000_000 + (i / 2 * 10_000_000L) + random.Next(200_000);
            content.Write(line[..TimeDataFormat.WriteRow(line, i + 1, sender, receiver, wallNs)]);
            (sender, receiver) = (receiver, sender);
        }

        content.Write(line[..TimeDataFormat.WriteEnd(line, TimeSpan.FromMilliseconds(10 * (rows / 2)))]);
        return content.ToArray();
    }
}
