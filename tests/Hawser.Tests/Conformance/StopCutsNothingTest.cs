using System.Net.Sockets;
using System.Text;
using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A stop in the middle of messages: those whose first byte arrived before it are served whole.</summary>
public sealed class StopCutsNothingTest
{
    private const int Crowd = 150;

    private static readonly byte[] LineFeed = "\n"u8.ToArray();

    /// <summary>How a handler reads a message of four bytes and a line feed, and answers with it.</summary>
    private static readonly Dictionary<string, Func<Connection, Task>> Protocols = new()
    {
        ["lines"] = Handlers.EchoLinesAsync,
        ["a known length"] = async connection =>
        {
            byte[] message = new byte[5];
            while (await connection.WaitForInputAsync(message.Length) == InputState.Ready)
            {
                await connection.TryReadExactlyAsync(message);
                await connection.WriteAsync(message);
            }
        },
        ["a first byte, then the rest"] = async connection =>
        {
            byte[] message = new byte[5];
            while (await connection.WaitForInputAsync() == InputState.Ready)
            {
                await connection.TryReadExactlyAsync(message.AsMemory(0, 1));
                await connection.TryReadExactlyAsync(message.AsMemory(1));
                await connection.WriteAsync(message);
            }
        },
    };

    public static TheoryData<string, string> ProtocolsUnderModels()
    {
        var data = new TheoryData<string, string>();
        foreach (ConcurrencyModel model in ConcurrencyModels.All.Where(m => m.IsAvailable))
        {
            foreach (string protocol in Protocols.Keys)
                data.Add(model.Name, protocol);
        }
        return data;
    }

    /// <summary>Every third client is silent: the stop must tell idle connections from started messages.</summary>
    [Theory, MemberData(nameof(ProtocolsUnderModels))]
    public async Task A_stop_finishes_started_messages_and_closes_idle_connections(
        string model, string protocol)
    {
        for (int round = 0; round < RoundsOf(model); round++)
        {
            await using Gathering gathering = await Gathering.BeginAsync(model, Protocols[protocol]);
            foreach (RawClient client in gathering.Clients.Where(IsSpeaker))
                await client.SendAsync("ha");

            Task<DrainReport> stop = gathering.Server.Server.StopAsync();
            await gathering.Stopping.Bounded();
            string[] answers = await Task.WhenAll(gathering.Clients.Select(async client =>
            {
                if (IsSpeaker(client))
                    await client.SendAsync("lf\n");
                return await TakeAllAndLeaveAsync(client);
            }));

            Assert.Equal(new DrainReport(gathering.Clients.Count, 0, 0), await stop.Bounded());
            Assert.Equal(gathering.Clients.Select(client => IsSpeaker(client) ? "half\n" : ""), answers);
            AssertAllEnded(gathering, CloseReason.ServerStopping);

            bool IsSpeaker(RawClient client) => gathering.Clients.IndexOf(client) % 3 != 2;
        }
    }

    /// <summary>First halves race with the stop: a client without an answer was not heard, and its connection ends in
    /// order.</summary>
    [Theory, MemberData(nameof(ProtocolsUnderModels))]
    public async Task A_message_that_races_with_the_stop_gets_a_whole_answer_or_none(
        string model, string protocol)
    {
        for (int round = 0; round < RoundsOf(model); round++)
        {
            await using Gathering gathering = await Gathering.BeginAsync(model, Protocols[protocol]);
            int moment = Random.Shared.Next(gathering.Clients.Count);
            Task<DrainReport>? stop = null;
            for (int i = 0; i < gathering.Clients.Count; i++)
            {
                if (i == moment)
                    stop = gathering.Server.Server.StopAsync();
                await SendIfThereAsync(gathering.Clients[i], "ha");
            }

            await gathering.Stopping.Bounded();
            string[] answers = await Task.WhenAll(gathering.Clients.Select(async client =>
            {
                await SendIfThereAsync(client, "lf\n");
                return await TakeWhatComesAndLeaveAsync(client);
            }));

            Assert.Equal(new DrainReport(gathering.Clients.Count, 0, 0), await stop!.Bounded());
            Assert.All(answers[..moment], answer => Assert.Equal("half\n", answer));
            Assert.All(answers[moment..], answer => Assert.Contains(answer, (string[])["", "half\n"]));
            AssertAllEnded(gathering, CloseReason.ServerStopping);
        }
    }

    [Theory, Models]
    public async Task A_handler_that_reads_to_the_end_during_a_stop_gets_the_whole_message(string model)
    {
        await using Gathering gathering = await Gathering.BeginAsync(model, async connection =>
        {
            if (await connection.WaitForInputAsync() != InputState.Ready)
                return;
            var whole = new MemoryStream();
            while (await connection.ReadAsync() is { IsEmpty: false } bytes)
                whole.Write(bytes.Span);
            await connection.WriteAsync(whole.ToArray());
            await connection.WriteAsync(LineFeed);
        });
        foreach (RawClient client in gathering.Clients)
            await client.SendAsync("ha");

        Task<DrainReport> stop = gathering.Server.Server.StopAsync();
        await gathering.Stopping.Bounded();
        string[] answers = await Task.WhenAll(gathering.Clients.Select(async client =>
        {
            await client.SendAsync("lf");
            client.FinishSending();
            return await TakeAllAndLeaveAsync(client);
        }));

        Assert.All(answers, answer => Assert.Equal("half\n", answer));
        Assert.Equal(new DrainReport(gathering.Clients.Count, 0, 0), await stop.Bounded());
        AssertAllEnded(gathering, CloseReason.PeerFinished);
    }

    [Theory, Models]
    public async Task A_message_from_before_the_stop_is_served_by_a_handler_busy_until_after_it(
        string model)
    {
        var busy = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Gathering gathering = await Gathering.BeginAsync(model, async connection =>
        {
            while (await connection.WaitForInputAsync() == InputState.Ready)
            {
                ReadOnlyMemory<byte>? line = await connection.TryReadLineAsync(100);
                byte[] answer = [.. line!.Value.Span, (byte)'\n'];
                busy.TrySetResult();
                await release.Task;
                await connection.WriteAsync(answer);
            }
        }, crowd: 1);
        RawClient client = gathering.Clients.Single();
        await client.SendAsync("one\n");
        await busy.Task.Bounded();
        await client.SendAsync("two\n");

        Task<DrainReport> stop = gathering.Server.Server.StopAsync();
        await gathering.Stopping.Bounded();
        release.SetResult();

        Assert.Equal("one\ntwo\n", await TakeAllAndLeaveAsync(client));
        Assert.Equal(new DrainReport(1, 0, 0), await stop.Bounded());
        Assert.Equal(CloseReason.ServerStopping, await gathering.Server.Observer.NextReasonAsync());
    }

    /// <summary>With one client at a time, more of them are needed to hit the moment.</summary>
    private static int RoundsOf(string model) => ConcurrencyModels.Get(model).IsConcurrent ? 5 : 50;

    private static void AssertAllEnded(Gathering gathering, CloseReason reason) =>
        Assert.All(gathering.Server.Observer.ClosedOnes, end => Assert.Equal(reason, end.Reason));

    private static async Task<string> TakeAllAndLeaveAsync(RawClient client)
    {
        string answer = Encoding.ASCII.GetString(await client.ReceiveToEndAsync());
        client.Dispose();
        return answer;
    }

    /// <summary>A client that sends after the stop may be reset.</summary>
    private static async Task SendIfThereAsync(RawClient client, string part)
    {
        try
        {
            await client.SendAsync(part);
        }
        catch (SocketException)
        {
            // It gets no answer, which is what the test sees.
        }
    }

    private static async Task<string> TakeWhatComesAndLeaveAsync(RawClient client)
    {
        try
        {
            return await TakeAllAndLeaveAsync(client);
        }
        catch (SocketException)
        {
            return "";
        }
    }

    /// <summary>A server whose clients are all idle.</summary>
    private sealed class Gathering(TestServer server, List<RawClient> clients, Task stopping) : IAsyncDisposable
    {
        public TestServer Server => server;

        public List<RawClient> Clients => clients;

        /// <summary>Completes when the stop has begun.</summary>
        public Task Stopping => stopping;

        public static async Task<Gathering> BeginAsync(
            string model, Func<Connection, Task> handle, int crowd = Crowd)
        {
            var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            TestServer server = TestServer.Start(model, async (connection, token) =>
            {
                // Never disposed of: a handler may end before the callbacks of the token have run.
                token.Register(() => stopping.TrySetResult());
                await handle(connection);
            }, options => options with
            {
                Limits = TestServer.Limits with { DrainTimeout = Patience.Limit },
                ModelOptions = new ModelOptions { Threads = Crowd, Loops = 2 },
            });
            int count = ConcurrencyModels.Get(model).IsConcurrent ? crowd : 1;
            var clients = new List<RawClient>();
            for (int i = 0; i < count; i++)
                clients.Add(await server.ConnectAsync());
            await Patience.UntilAsync(() =>
                server.Observer.AcceptedOnes.Count == count && server.Observer.AcceptedOnes.All(c => c.IsReceiving));
            return new Gathering(server, clients, stopping.Task);
        }

        public async ValueTask DisposeAsync()
        {
            clients.ForEach(client => client.Dispose());
            await server.DisposeAsync();
        }
    }
}
