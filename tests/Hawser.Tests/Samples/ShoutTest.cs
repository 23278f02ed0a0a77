using System.Net;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Samples;

/// <summary>The smallest service, as a program.</summary>
public sealed class ShoutTest
{
    [Theory, Models]
    public async Task Lines_are_returned_in_capitals_until_it_is_interrupted(string model)
    {
        await using ProgramProcess shout = await SampleProgram.StartAsync("shout.cs", model, "127.0.0.1:0");
        string listening = await shout.Output.LineWithAsync("Listening on ");
        using RawClient client = await RawClient.ConnectAsync(
            IPEndPoint.Parse(listening["Listening on ".Length..listening.IndexOf(';', StringComparison.Ordinal)]));

        await client.SendAsync("hello\nyourself\n");
        Assert.Equal("HELLO", await client.ReceiveLineAsync());
        Assert.Equal("YOURSELF", await client.ReceiveLineAsync());
        shout.Signal(ProgramProcess.SIGINT);

        Assert.Empty(await client.ReceiveToEndAsync());
        client.Dispose();
        Assert.Equal(0, (await shout.EndAsync()).ExitCode);
    }
}
