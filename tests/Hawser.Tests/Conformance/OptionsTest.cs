using System.Net;
using System.Net.Sockets;
using Hawser.Models;
using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Options that make no sense, a start that fails, and what a handler does not inherit from it.</summary>
public sealed class OptionsTest
{
    private static readonly byte[] Mark = "."u8.ToArray();
    private static readonly LambdaHandler Handler = new(Handlers.EchoAsync);
    private static readonly AsyncLocal<string?> Inherited = new();

    [Theory, Models]
    public void Settings_of_a_model_below_one_are_refused_by_name_and_the_port_is_free(string model)
    {
        AssertRefused(new ModelOptions { Threads = 0 }, nameof(ModelOptions.Threads));
        AssertRefused(new ModelOptions { Threads = -1 }, nameof(ModelOptions.Threads));
        AssertRefused(new ModelOptions { Loops = 0 }, nameof(ModelOptions.Loops));
        AssertRefused(new ModelOptions { Loops = -1 }, nameof(ModelOptions.Loops));

        void AssertRefused(ModelOptions settings, string property)
        {
            int port = FreePort.Find();
            var e = Assert.ThrowsAny<ArgumentException>(() => Server.Start(Handler, new ServerOptions
            {
                EndPoints = [new IPEndPoint(IPAddress.Loopback, port)],
                Model = ConcurrencyModels.Get(model),
                ModelOptions = settings,
            }));
            Assert.Contains(property, e.Message, StringComparison.Ordinal);
            AssertFree(port);
        }
    }

    [Theory, Models]
    public void A_server_without_endpoints_is_rejected_by_option_name(string model)
    {
        var e = Assert.ThrowsAny<ArgumentException>(() => Server.Start(Handler, new ServerOptions
        {
            EndPoints = [],
            Model = ConcurrencyModels.Get(model),
        }));

        Assert.Contains(nameof(ServerOptions.EndPoints), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_cannot_be_created_leaves_its_port_free()
    {
        int port = FreePort.Find();

        Assert.Throws<FormatException>(
            () => StartBroken(port, _ => throw new FormatException("while it was made")));

        AssertFree(port);
    }

    [Fact]
    public async Task A_model_that_fails_to_start_leaves_its_port_free()
    {
        foreach (bool atOnce in (bool[])[true, false])
        {
            int port = FreePort.Find();

            // The start throws, or the server completes with the fault: either way nothing is left of it.
            Exception? error = await Record.ExceptionAsync(async () =>
            {
                await using Server server = StartBroken(port, _ => new FailingModel(atOnce));
                await server.Completion.Bounded();
            });

            Assert.Equal("as it starts", Assert.IsType<FormatException>(error).Message);
            AssertFree(port);
        }
    }

    [Fact]
    public void A_deadline_beyond_the_clock_range_has_not_passed()
    {
        foreach (TimeSpan delay in (TimeSpan[])[TimeSpan.MaxValue, TimeSpan.MaxValue - TimeSpan.FromTicks(1),
            TimeSpan.FromDays(365_000)])
        {
            foreach (TimeProvider time in (TimeProvider[])[TimeProvider.System, new FakeTime()])
            {
                Deadline deadline = Deadline.After(delay, time);
                Assert.False(deadline.HasPassed);
                Assert.True(deadline.Remaining > TimeSpan.FromDays(10_000));
            }
            Assert.False(Deadline.After(delay).HasPassed);
        }
        Assert.False(Deadline.At(long.MaxValue).HasPassed);
    }

    [Theory, Models]
    public async Task A_wait_with_a_deadline_beyond_the_clock_range_waits_for_input(string model)
    {
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            while (await connection.WaitForInputAsync(Deadline.After(TimeSpan.MaxValue)) == InputState.Ready)
                await connection.WriteAsync(await connection.ReadAsync());
        });
        using RawClient client = await server.ConnectAsync();

        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync("x");
            await client.ReceiveExactlyAsync(1);
        }
        client.FinishSending();

        Assert.Empty(await client.ReceiveToEndAsync());
    }

    [Theory, Models]
    public async Task The_execution_context_of_the_starter_does_not_flow_into_handlers(string model)
    {
        var seen = new List<string?>();
        Inherited.Value = "the starter's";
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            Note(Inherited.Value);
            await connection.ReadAsync();
            Note(Inherited.Value);
            await Task.Yield();
            Note(Inherited.Value);
            Inherited.Value = "the handler's";
            await connection.WriteAsync(Mark);
            await Handlers.EchoLinesAsync(connection);
        });
        for (int i = 0; i < 3; i++)
        {
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync("x");
            await client.ReceiveExactlyAsync(1);
        }

        Assert.Equal("the starter's", Inherited.Value);
        Assert.Equal(Enumerable.Repeat<string?>(null, 9), seen);

        void Note(string? value)
        {
            lock (seen)
                seen.Add(value);
        }
    }

    private static Server StartBroken(int port, Func<ModelOptions, IConcurrencyModel> make) =>
        Server.Start(Handler, new ServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, port)],
            Model = new ConcurrencyModel("broken", "cannot start", make),
            Limits = TestServer.Limits with { DrainTimeout = TimeSpan.Zero },
        });

    private static void AssertFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        socket.Listen();
    }

    /// <summary>Throws from its start, or lets the task of it fail.</summary>
    private sealed class FailingModel(bool atOnce) : IConcurrencyModel
    {
        public Task RunAsync(Func<Task> life)
        {
            var error = new FormatException("as it starts");
            return atOnce ? throw error : Task.FromException(error);
        }

        public ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
            throw new NotSupportedException();

        public ValueTask AdmitAsync(Transport accepted, Func<Task> serve) => throw new NotSupportedException();
    }
}
