using System.Net;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Clock;
using Hawser.Services.Message;
using Hawser.Services.Numbers;
using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Hawser.Tests.Telemetry;
using Xunit;

namespace Hawser.Tests.Services;

public sealed class ServiceMetricsTest : IDisposable
{
    private readonly MeterProbe _probe = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _probe.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Ping_counts_round_trips()
    {
        await using ServiceHost host = Start("ping", ServiceSettings.Defaults);
        using RawClient client = await RawClient.ConnectAsync(host.EndPoint);
        await client.SendAsync("ping 0 1\nping 0 2\nping 0 3\n");
        await client.ReceiveExactlyAsync(27);
        Assert.Equal(3, _probe.Read("hawser.ping.round_trips"));
        await client.SendAsync("ping 0 4\nping 0 5\nbad\n");
        await client.ReceiveExactlyAsync(18);

        await Patience.UntilAsync(() => _probe.Read("hawser.ping.round_trips") >= 5);
        Assert.Equal(5, _probe.Read("hawser.ping.round_trips"));
    }

    [Fact]
    public async Task Message_counts_messages_by_outcome_and_their_bytes()
    {
        await using ServiceHost host = Start("message", new ServiceSettings().Set(MessageService.MaxBytes, "10"));
        foreach (string message in (string[])["hello", "this is too long"])
        {
            using RawClient client = await RawClient.ConnectAsync(host.EndPoint);
            await client.SendAsync(message);
            client.FinishSending();
            await client.EndsByResetAsync();
        }

        // A message is counted after its sender has seen the end.
        await Patience.UntilAsync(() => _probe.Count("hawser.message.messages") > 0
            && _probe.Count("hawser.message.messages{error.type=refused}") > 0);
        Assert.Equal(1, _probe.Read("hawser.message.messages"));
        Assert.Equal(1, _probe.Read("hawser.message.messages{error.type=refused}"));
        Assert.Equal(5, _probe.Read("hawser.message.io"));
    }

    [Fact]
    public async Task Upload_counts_files_by_outcome_and_their_bytes()
    {
        await using ServiceHost host = Start("upload", new ServiceSettings()
            .Set(UploadService.Folder, _folder["stored"]).Set(UploadService.MaxBytes, "10"));
        foreach (string upload in (string[])["hello", "this is too long"])
        {
            using RawClient client = await RawClient.ConnectAsync(host.EndPoint);
            await client.SendAsync(upload);
            client.FinishSending();
            await client.ReceiveToEndAsync();
        }

        Assert.Equal(1, _probe.Read("hawser.upload.files"));
        Assert.Equal(1, _probe.Read("hawser.upload.files{error.type=refused}"));
        Assert.Equal(5, _probe.Read("hawser.upload.io"));
    }

    [Fact]
    public async Task Numbers_counts_lists()
    {
        await using ServiceHost host = Start("numbers", new ServiceSettings().Set(NumbersService.Count, "3"));
        using (RawClient client = await RawClient.ConnectAsync(host.EndPoint))
            await client.ReceiveToEndAsync();

        Assert.Equal(1, _probe.Read("hawser.numbers.lists"));
    }

    [Fact]
    public async Task Clock_counts_exchanges()
    {
        await using ServiceHost host = Start("clock", new ServiceSettings().Set(ClockService.Out, _folder["server"]));
        ClockRun run = await ClockClients.RunAsync(new ClockClientOptions
        {
            Server = host.EndPoint,
            Folder = _folder.Root,
            Clients = 1,
            Duration = TimeSpan.FromMilliseconds(50),
        }, TextWriter.Null);

        Assert.Empty(run.Troubles);
        Assert.InRange(_probe.Read("hawser.clock.exchanges"), 1, 5);
    }

    private ServiceHost Start(string name, ServiceSettings settings) => ServiceHost.Start(
        ServiceCatalog.All.Single(service => service.Name == name), settings,
        new ServiceEnvironment
        {
            Log = TextWriter.Null,
            Errors = TextWriter.Null,
            Output = Stream.Null,
            Fail = _ => { },
        },
        new ServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = ConcurrencyModels.Get("threads"),
            Meter = _probe.Meter,
        });
}
