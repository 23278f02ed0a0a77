using System.Net;
using Hawser.Services;
using Hawser.Services.Numbers;
using Xunit;

namespace Hawser.Tests.Services.Numbers;

public sealed class NumbersHandlerTest
{
    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task Each_connection_gets_the_list_of_its_place_in_the_order_of_accept(string model)
    {
        await using NumbersServer server = NumbersServer.Start(model, count: 1000, seed: 42);
        for (int index = 0; index < 3; index++)
        {
            using RawPeer client = await server.ConnectAsync();

            Assert.Equal(NumbersServer.ListOf(42, index, 1000), await client.ReadToEndAsync());
        }
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task Ten_clients_at_once_get_a_whole_list_each(string model)
    {
        const int Clients = 10;
        const int Count = 100_000;
        await using NumbersServer server = NumbersServer.Start(model, Count, seed: 7);
        RawPeer[] clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => server.ConnectAsync()));

        string[] lists = await Task.WhenAll(clients.Select(async client =>
        {
            // Leaves when it has its list, so that a sequential server goes on at once.
            using (client)
                return await client.ReadToEndAsync();
        }));

        Assert.Equal(
            Enumerable.Range(0, Clients).Select(index => NumbersServer.ListOf(7, index, Count)).Order(), lists.Order());
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task Without_a_seed_every_connection_gets_fresh_numbers_within_the_range(string model)
    {
        await using NumbersServer server = NumbersServer.Start(model, count: 1000, min: -50, max: 1_000_000);
        using RawPeer first = await server.ConnectAsync();
        string one = await first.ReadToEndAsync();
        using RawPeer second = await server.ConnectAsync();
        string other = await second.ReadToEndAsync();

        Assert.NotEqual(one, other);
        foreach (string list in (string[])[one, other])
        {
            Assert.Matches("^(-?[0-9]+,){999}-?[0-9]+$(?!\n)", list);
            Assert.All(Numbers(list), number => Assert.InRange(number, -50, 1_000_000));
        }
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task The_log_names_the_client_as_the_exercise_does_once_its_list_is_sent(string model)
    {
        await using NumbersServer server = NumbersServer.Start(model, count: 10);
        using RawPeer client = await server.ConnectAsync();
        await client.ReadToEndAsync();

        string line = await server.Log.LineWithAsync("Sent a file");

        Assert.Matches(@"^Sent a file to \('127\.0\.0\.1', [0-9]+\)$", line);
        Assert.DoesNotContain($"{((IPEndPoint)server.EndPoint).Port}", line, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_client_reset_affects_no_other_client_and_is_not_logged(string model)
    {
        // More than all buffers on the way hold.
        const int Count = 3_000_000;
        await using NumbersServer server = NumbersServer.Start(model, Count, seed: 3);
        using (RawPeer leaving = await server.ConnectAsync())
            leaving.Reset();

        using RawPeer client = await server.ConnectAsync();
        string list = await client.ReadToEndAsync();

        Assert.StartsWith(NumbersServer.ListOf(3, 1, 10), list, StringComparison.Ordinal);
        Assert.Equal(Count - 1, list.AsSpan().Count(','));
        await server.Log.LineWithAsync("Sent a file");
        Assert.Single(server.Log.Lines);
    }

    [Theory]
    [InlineData(1, 5, 5, "5")]
    [InlineData(3, -7, -7, "-7,-7,-7")]
    [InlineData(2, long.MinValue, long.MinValue, "-9223372036854775808,-9223372036854775808")]
    [InlineData(2, long.MaxValue, long.MaxValue, "9223372036854775807,9223372036854775807")]
    public async Task A_range_of_one_number_is_sent_as_often_as_there_are_numbers(
        int count, long min, long max, string list)
    {
        await using NumbersServer server = NumbersServer.Start(count: count, min: min, max: max);
        using RawPeer client = await server.ConnectAsync();

        Assert.Equal(list, await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Numbers_of_64_bits_are_the_generators_too()
    {
        await using NumbersServer server =
            NumbersServer.Start(count: 20_000, seed: 9, min: long.MinValue, max: long.MaxValue);
        using RawPeer client = await server.ConnectAsync();

        Assert.Equal(NumbersServer.ListOf(9, 0, 20_000, long.MinValue, long.MaxValue), await client.ReadToEndAsync());
    }

    [Fact]
    public void A_range_whose_ends_are_the_wrong_way_round_is_refused()
    {
        var settings = new ServiceSettings();
        settings.Set(NumbersService.Min, "5");
        settings.Set(NumbersService.Max, "4");
        var environment = new ServiceEnvironment
        {
            Log = TextWriter.Null,
            Errors = TextWriter.Null,
            Output = Stream.Null,
            Fail = _ => { },
        };

        FormatException e = Assert.Throws<FormatException>(
            () => new NumbersService().CreateHandler(settings, environment));

        Assert.Equal("--max 4 is below --min 5", e.Message);
    }

    private static IEnumerable<long> Numbers(string list) => list.Split(',').Select(long.Parse);
}
