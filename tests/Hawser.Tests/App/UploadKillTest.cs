using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary>The server is killed while clients upload, at moments that nobody chose.</summary>
public sealed class UploadKillTest : IDisposable
{
    private const int Clients = 6;

    private static readonly string[] Models = ["threads", "epoll", "async"];

    private readonly TemporaryFolder _folder = new();
    private readonly string _stored;

    public UploadKillTest() => _stored = _folder["stored"];

    // More of them by hand: HAWSER_KILLS=100.
    private static int Kills => int.Parse(
        Environment.GetEnvironmentVariable("HAWSER_KILLS") ?? "20", CultureInfo.InvariantCulture);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task After_a_kill_every_file_is_whole_leftovers_are_gone_and_numbers_go_on()
    {
        var random = new Random(20);
        int complete = 0;
        for (int kill = 1; kill <= Kills; kill++)
        {
            string model = Models[kill % Models.Length];
            int highest = HighestNumber();
            await using ProgramProcess server = ProgramProcess.Start(
                "serve", "upload", "0", _stored, "--host", "127.0.0.1", "--model", model, "--manifest");
            IPEndPoint endPoint = await server.ListeningAsync();
            Assert.Empty(Directory.GetFiles(_stored, ".*.part"));
            Assert.Equal(highest, HighestNumber());

            await KillWhileUploadingAsync(server, endPoint, bytesBeforeKill: random.Next(20_000_000));

            complete += CheckEveryFile(highest);
        }
        Assert.True(complete > 0);
    }

    private static async Task KillWhileUploadingAsync(ProgramProcess server, IPEndPoint endPoint, int bytesBeforeKill)
    {
        long sent = 0;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task clients = Task.WhenAll(Enumerable.Range(1, Clients).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            var options = new UploadClientOptions { IdleTimeout = Patience.Limit };
            try
            {
                while (true)
                {
                    byte[] content = SelfProving(random);
                    UploadOutcome outcome =
                        await UploadClient.SendAsync(endPoint, new MemoryStream(content), options);
                    // Killed between the last byte and the receipt.
                    if (outcome.Receipt is null)
                        return;
                    Assert.True(outcome.IsVerified);
                    if (Interlocked.Add(ref sent, content.Length) >= bytesBeforeKill)
                        reached.TrySetResult();
                }
            }
            catch (Exception e) when (e is IOException or ProtocolException)
            {
                // The server is dead, in the middle of whatever it did.
            }
        })));
        await reached.Task.Bounded();
        server.Signal(ProgramProcess.SIGKILL);
        await clients.Bounded();
    }

    /// <summary>Bytes that begin with the hash of the rest.</summary>
    private static byte[] SelfProving(Random random)
    {
        byte[] content = new byte[SHA256.HashSizeInBytes + random.Next(1, 1_000_000)];
        random.NextBytes(content.AsSpan(SHA256.HashSizeInBytes));
        SHA256.HashData(content.AsSpan(SHA256.HashSizeInBytes)).CopyTo(content, 0);
        return content;
    }

    /// <returns>How many there are above a number.</returns>
    private int CheckEveryFile(int above)
    {
        int count = 0;
        foreach (string path in Directory.GetFiles(_stored, "*.file").Where(path => NumberOf(path) > above))
        {
            byte[] content = File.ReadAllBytes(path);
            Assert.True(content.Length > SHA256.HashSizeInBytes, $"{path} has {content.Length} bytes");
            Assert.True(
                SHA256.HashData(content.AsSpan(SHA256.HashSizeInBytes)).AsSpan()
                    .SequenceEqual(content.AsSpan(0, SHA256.HashSizeInBytes)),
                $"{path} is not whole");
            count++;
        }
        UploadVerification found = UploadVerifier.Verify(_stored, _ => { });
        Assert.Equal(0, found.Different);
        return count;
    }

    private int HighestNumber() =>
        Directory.Exists(_stored) ? Directory.GetFiles(_stored, "*.file").Select(NumberOf).Append(0).Max() : 0;

    private static int NumberOf(string path) =>
        int.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture);
}
