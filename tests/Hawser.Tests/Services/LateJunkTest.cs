using System.Net.Sockets;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Clock.Wire;
using Hawser.Services.Numbers;
using Hawser.Tests.Services.Clock;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services;

/// <summary>Peers that begin well and send junk in a later state: it ends their own connection and nothing
/// else.</summary>
public sealed class LateJunkTest
{
    private const int Tries = 12;

    public static TheoryData<string, string> StatesUnderModels
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (string model in ServiceMatrix.ConcurrentModels.Select(row => row.Data))
            {
                foreach (string state in (string[])["registered", "recording", "done", "on the roster"])
                    all.Add(model, state);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(StatesUnderModels))]
    public async Task Junk_of_a_clock_client_ends_only_its_own_connection(string model, string state)
    {
        await using ClockStage stage = ClockStage.Start(model);
        using (RawClockClient recording = await RawClockClient.ConnectAsync(stage.EndPoint, listens: false))
        {
            // Keeps the session open, so that who is done waits.
            if (state == "done")
                await recording.RegisterAsync(new Hello(ClockAbilities.None, 0, 10_000_000, 60_000_000_000));
            for (int seed = 0; seed < Tries; seed++)
            {
                using RawClockClient liar = await RawClockClient.ConnectAsync(stage.EndPoint);
                await liar.RegisterAsync();
                if (state == "recording")
                    await liar.ExchangeTickAsync(0);
                if (state is "done" or "on the roster")
                    await liar.FinishAsync();
                if (state == "on the roster")
                    await liar.WaitForRosterAsync();
                await EndsAsync(async () =>
                {
                    await liar.SendAsync(ClockJunk(seed));
                    liar.FinishSending();
                    await liar.ReceiveToEndAsync();
                });
                await stage.Observer.NextReasonAsync();
            }
            if (state == "done")
                await recording.ExchangeTickAsync(0);
        }
        await stage.Observer.NextReasonAsync();

        Assert.True((await stage.RunAsync(1, ClockStage.Short)).IsComplete);
        Assert.Empty(stage.Observer.Faults);
    }

    [Theory, Models]
    public async Task Junk_of_a_numbers_client_does_not_change_its_list(string model)
    {
        ServiceSettings settings = new ServiceSettings().Set(NumbersService.Count, "1000").Set(NumbersService.Seed, "42");
        await using ServiceHost host = ServiceHost.StartForDemonstration(
            new NumbersService(), settings, ConcurrencyModels.Get(model), Stream.Null);
        for (int seed = 0; seed < Tries; seed++)
        {
            using RawClient client = await RawClient.ConnectAsync(host.EndPoint);
            byte[] begin = await client.ReceiveExactlyAsync(1);
            await client.SendAsync(Bytes(new Random(seed), 4096));
            client.FinishSending();
            byte[] list = [.. begin, .. await client.ReceiveToEndAsync()];

            Assert.Equal(999, list.Count(piece => piece == (byte)','));
        }
    }

    /// <summary>By turns random bytes, frames of every type with random payloads, and a frame that is cut.</summary>
    private static byte[] ClockJunk(int seed)
    {
        var random = new Random(seed);
        byte[] junk = Bytes(random, 4096);
        byte type = (byte)(1 + (seed % (int)Enum.GetValues<ClockMessage>().Max()));
        int length = (seed % 3) switch
        {
            0 => -1,
            1 => random.Next(64),
            _ => 8000,
        };
        if (length < 0)
            return junk;
        ClockProtocol.WriteHeader(junk, (ClockMessage)type, length);
        return junk;
    }

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A reset is as good an end as any.</summary>
    private static async Task EndsAsync(Func<Task> converse)
    {
        try
        {
            await converse();
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException)
        {
        }
    }
}
