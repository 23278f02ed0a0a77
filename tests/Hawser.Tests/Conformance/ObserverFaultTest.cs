using System.Net;
using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>An observer that throws, which it must not: the server is unaffected.</summary>
public sealed class ObserverFaultTest
{
    private static readonly ServerLimits Patient = TestServer.Limits with { DrainTimeout = Patience.Limit };

    private static readonly string[] Methods =
        ["Listening", "Accepted", "Closed", "Faulted", "FaultedAlone", "Drained", "every one"];

    public static TheoryData<string, string> MethodsUnderModels()
    {
        var data = new TheoryData<string, string>();
        foreach (ConcurrencyModel model in ConcurrencyModels.All.Where(m => m.IsAvailable))
        {
            foreach (string method in Methods)
                data.Add(model.Name, method);
        }
        return data;
    }

    [Theory, MemberData(nameof(MethodsUnderModels))]
    public async Task Connections_are_served_and_closed_and_the_server_stops(string model, string method)
    {
        var observer = new ThrowingObserver(method);
        await using TestServer server = TestServer.Start(model, async (connection, stopping) =>
        {
            if (connection.Id == 1)
                stopping.Register(() => throw new FormatException("of a callback"));
            if (await connection.TryReadLineAsync(10) is not { } line)
                return;
            if (line.Span.SequenceEqual("throw"u8))
                throw new InvalidOperationException("of a handler");
            await connection.WriteAsync(line.ToArray());
            await Handlers.EchoLinesAsync(connection);
        }, options => options with { Observer = observer, Limits = Patient });

        for (int round = 0; round < 3; round++)
        {
            using RawClient polite = await server.ConnectAsync();
            await polite.SendAsync("hello\n");
            Assert.Equal("hello"u8.ToArray(), await polite.ReceiveExactlyAsync(5));
            polite.FinishSending();
            Assert.Empty(await polite.ReceiveToEndAsync());

            using RawClient victim = await server.ConnectAsync();
            await victim.SendAsync("throw\n");
            Assert.True(await victim.EndsByResetAsync());
        }
        await Patience.UntilAsync(() => server.Server.Connections == 0);

        using RawClient last = await server.ConnectAsync();
        await last.SendAsync("hello\n");
        await last.ReceiveExactlyAsync(5);
        Task<DrainReport> stop = server.Server.StopAsync();
        Assert.Empty(await last.ReceiveToEndAsync());
        last.FinishSending();
        Assert.Equal(new DrainReport(1, 0, 0), await stop.Bounded());
        await server.Server.Completion.Bounded();

        // Every event was reported, although other calls threw.
        await Patience.UntilAsync(() => observer.CallsOf("FaultedAlone") == 1);
        Assert.Equal(1, observer.CallsOf("Listening"));
        Assert.Equal(7, observer.CallsOf("Accepted"));
        Assert.Equal(7, observer.CallsOf("Closed"));
        Assert.Equal(3, observer.CallsOf("Faulted"));
        Assert.Equal(1, observer.CallsOf("Drained"));
    }

    private sealed class ThrowingObserver(string method) : IServerObserver
    {
        private readonly Dictionary<string, int> _calls = [];

        public int CallsOf(string name)
        {
            lock (_calls)
                return _calls.GetValueOrDefault(name);
        }

        public void Listening(EndPoint endPoint) => Told("Listening");

        public void Accepted(Connection connection) => Told("Accepted");

        public void Closed(Connection connection, CloseReason reason) => Told("Closed");

        public void Faulted(Connection connection, Exception fault) => Told("Faulted");

        public void Faulted(Exception fault) => Told("FaultedAlone");

        public void Drained(DrainReport report) => Told("Drained");

        private void Told(string name)
        {
            lock (_calls)
                _calls[name] = _calls.GetValueOrDefault(name) + 1;
            if (method == name || method == "every one")
                throw new InvalidOperationException($"of the observer in {name}");
        }
    }
}
