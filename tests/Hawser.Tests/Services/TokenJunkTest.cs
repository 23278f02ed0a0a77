using System.Net.Sockets;
using System.Text;
using Hawser.Services;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services;

/// <summary>Peers that read the challenge of a token layer and send junk: before, with and after their proof.</summary>
public sealed class TokenJunkTest
{
    private const int Tries = 8;

    private static readonly byte[] Secret = "a secret of 24 bytes, ok"u8.ToArray();

    [Theory, Models]
    public async Task Junk_in_place_of_a_proof_ends_only_its_own_connection(string model)
    {
        await using TestServer server = Start(model);
        for (int seed = 0; seed < Tries; seed++)
        {
            using RawClient liar = await RawClient.ConnectAsync(server.EndPoint);
            byte[] proof = await ProveAsync(liar);
            byte[] noise = Noise(seed, 600);
            await EndsAsync(liar, (seed % 4) switch
            {
                0 => noise,
                1 => [.. "token "u8, .. noise.Take(TokenProof.Length), (byte)'\n'],
                2 => [.. "token "u8, .. proof, (byte)'0', (byte)'\n'],
                _ => [.. "token "u8, .. proof],
            });
            await server.Observer.NextReasonAsync();
        }
        await AssertServesAsync(server);
        Assert.Equal(Tries, server.Observer.FailedHandshakes.Count);
    }

    [Theory, Models]
    public async Task Junk_in_one_piece_with_the_proof_does_not_reach_the_service(string model)
    {
        await using TestServer server = Start(model);
        for (int seed = 0; seed < Tries; seed++)
        {
            using RawClient liar = await RawClient.ConnectAsync(server.EndPoint);
            byte[] proof = await ProveAsync(liar);
            byte[] answer = await EndsAsync(liar, [.. "token "u8, .. proof, (byte)'\n', .. Noise(seed, 100)]);

            Assert.DoesNotContain("OK", Encoding.Latin1.GetString(answer), StringComparison.Ordinal);
            await server.Observer.NextReasonAsync();
        }
        await AssertServesAsync(server);
    }

    [Theory, Models]
    public async Task Junk_after_the_verdict_is_the_service_s_to_the_byte(string model)
    {
        await using TestServer server = Start(model);
        for (int seed = 0; seed < Tries; seed++)
        {
            using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
            byte[] proof = await ProveAsync(client);
            await client.SendAsync((byte[])[.. "token "u8, .. proof, (byte)'\n']);
            Assert.Equal("OK", await client.ReceiveLineAsync());
            byte[] junk = Noise(seed, 4096);
            await client.SendAsync(junk);
            client.FinishSending();

            Assert.Equal(junk, await client.ReceiveToEndAsync());
        }
        Assert.Empty(server.Observer.Faults);
    }

    private static TestServer Start(string model) => TestServer.Start(
        model, Handlers.EchoAsync, options => options with { Layers = [TokenLayer.Server(() => Secret)] });

    /// <summary>Reads the challenge, and proves the secret.</summary>
    private static async Task<byte[]> ProveAsync(RawClient client)
    {
        string challenge = await client.ReceiveLineAsync();
        return TokenProof.Of(Secret, Encoding.ASCII.GetBytes(challenge["token ".Length..]), default);
    }

    /// <returns>What came before the end; nothing if it is a reset.</returns>
    private static async Task<byte[]> EndsAsync(RawClient liar, byte[] junk)
    {
        try
        {
            await liar.SendAsync(junk);
            liar.FinishSending();
            return await liar.ReceiveToEndAsync();
        }
        catch (SocketException)
        {
            return [];
        }
    }

    private static async Task AssertServesAsync(TestServer server)
    {
        using RawClient honest = await RawClient.ConnectAsync(server.EndPoint);
        byte[] proof = await ProveAsync(honest);
        await honest.SendAsync((byte[])[.. "token "u8, .. proof, (byte)'\n']);
        Assert.Equal("OK", await honest.ReceiveLineAsync());
        await honest.SendAsync("x");
        Assert.Equal("x"u8.ToArray(), await honest.ReceiveExactlyAsync(1));
        Assert.Empty(server.Observer.Faults);
    }

    private static byte[] Noise(int seed, int count)
    {
        byte[] noise = new byte[count];
        new Random(seed).NextBytes(noise);
        return noise;
    }
}
