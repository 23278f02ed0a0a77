using System.Net;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Clock;
using Hawser.Services.Numbers;
using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services;

public sealed class EveryServiceTest
{
    private const int WelcomeIdOffset = 8;

    /// <summary>For each service its settings, what a client sends before its half-close, and how the answer
    /// begins.</summary>
    private static Dictionary<string, Func<string, Conversation>> Conversations { get; } = new()
    {
        ["ping"] = _ => new(ServiceSettings.Defaults, GoldenBytes.Of("ping"), GoldenBytes.Of("pong")),
        ["message"] = _ => new(ServiceSettings.Defaults, GoldenBytes.Of("message"), [])
        {
            Output = GoldenBytes.Of("message"),
        },
        ["upload"] = folder =>
        {
            File.WriteAllText(Path.Combine(folder, "6.file"), "the file before");
            return new(
                new ServiceSettings().Set(UploadService.Folder, folder), "hello"u8.ToArray(),
                GoldenBytes.Of("upload-stored"))
            {
                File = ("7.file", "hello"u8.ToArray()),
            };
        },
        ["numbers"] = _ => new(
            new ServiceSettings().Set(NumbersService.Count, "3").Set(NumbersService.Seed, "42"), [],
            GoldenBytes.Of("numbers")),
        ["clock"] = folder => new(
            new ServiceSettings().Set(ClockService.Out, folder), GoldenBytes.Of("Hello"), FirstWelcome()),
    };

    [Fact]
    public void A_service_that_cannot_listen_releases_its_files()
    {
        using var folder = new TemporaryFolder();
        using var log = new StringWriter();
        var service = new ClockService();
        ServiceSettings settings = new ServiceSettings().Set(ClockService.Out, folder.Root);
        var environment = new ServiceEnvironment
        {
            Log = log,
            Errors = log,
            Output = Stream.Null,
            Fail = _ => { },
        };
        var options = new ServerOptions
        {
            // An address of another machine.
            EndPoints = [new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0)],
            Model = ConcurrencyModels.Get("threads"),
        };
        Assert.Throws<ListenException>(() => ServiceHost.Start(service, settings, environment, options));

        // Nothing else may have it open.
        using FileStream recording = new(
            Path.Combine(folder.Root, "serverTimeData.txt"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.EveryServiceUnderEveryModel), MemberType = typeof(ServiceMatrix))]
    public async Task Every_service_answers_the_documented_bytes_under_every_model(string service, string model)
    {
        using var folder = new TemporaryFolder();
        using var output = new MemoryStream();
        Conversation conversation = Conversations[service](folder.Root);
        await using (ServiceHost host = ServiceHost.StartForDemonstration(
            ServiceCatalog.All.Single(entry => entry.Name == service), conversation.Settings,
            ConcurrencyModels.Get(model), output))
        {
            using RawClient client = await RawClient.ConnectAsync(host.EndPoint);
            await client.SendAsync(conversation.Sent);
            // A clock client that half-closes leaves.
            if (service != "clock")
                client.FinishSending();
            Assert.Equal(conversation.Answer, await client.ReceiveExactlyAsync(conversation.Answer.Length));
            if (service != "clock")
                Assert.Empty(await client.ReceiveToEndAsync());
        }

        Assert.Equal(conversation.Output, output.ToArray());
        if (conversation.File is var (name, content))
            Assert.Equal(content, await File.ReadAllBytesAsync(folder[name]));
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.EveryServiceUnderEveryModel), MemberType = typeof(ServiceMatrix))]
    public async Task Every_demonstration_succeeds_under_every_model(string service, string model)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("hawser-test-");
        try
        {
            IReadOnlyList<Demonstration> shown = await ServiceCatalog.All.Single(entry => entry.Name == service)
                .DemonstrateAsync(ConcurrencyModels.Get(model), folder.FullName);

            Assert.NotEmpty(shown);
            Assert.All(shown, demonstration => Assert.Null(demonstration.Difference));
            Assert.All(shown, demonstration => Assert.True(demonstration.Bytes > 0));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The bytes are the test's own: a demonstration that checks nothing proves nothing. A new service needs an
    /// entry here.</summary>
    [Theory]
    [MemberData(nameof(ServiceMatrix.EveryServiceUnderEveryModel), MemberType = typeof(ServiceMatrix))]
    public async Task Every_service_answers_as_its_protocol_says_under_every_model(string name, string model)
    {
        using var folder = new TemporaryFolder();
        using var output = new MemoryStream();
        var settings = new ServiceSettings();
        byte[] request = [];
        byte[] answer = [];
        byte[] printed = [];
        switch (name)
        {
            case "ping":
                (request, answer) = (GoldenBytes.Of("ping"), GoldenBytes.Of("pong"));
                break;
            case "message":
                request = printed = GoldenBytes.Of("message");
                break;
            case "upload":
                settings.Set(UploadService.Folder, folder.Root);
                (request, answer) = ("hello"u8.ToArray(), GoldenBytes.Of("upload-stored"));
                // The dump's is the seventh file, this is the first.
                answer[3] = (byte)'1';
                break;
            case "numbers":
                settings.Set(NumbersService.Count, "3").Set(NumbersService.Seed, "42");
                answer = GoldenBytes.Of("numbers");
                break;
            case "clock":
                settings.Set(ClockService.Out, folder.Root);
                (request, answer) = (GoldenBytes.Of("Hello"), GoldenBytes.Of("Welcome"));
                // The dump's is client 7, this is the first.
                answer[11] = 0;
                break;
            default:
                Assert.Fail($"nothing is known of what '{name}' answers");
                break;
        }
        Service service = ServiceCatalog.All.Single(entry => entry.Name == name);

        await using (ServiceHost host =
            ServiceHost.StartForDemonstration(service, settings, ConcurrencyModels.Get(model), output))
        {
            using RawClient client = await RawClient.ConnectAsync(host.EndPoint);
            await client.SendAsync(request);
            // The end of a clock client would end the session.
            if (name != "clock")
                client.FinishSending();
            Assert.Equal(answer, await client.ReceiveExactlyAsync(answer.Length));
            if (name != "clock")
                Assert.Empty(await client.ReceiveToEndAsync());
        }
        Assert.Equal(printed, output.ToArray());
        if (name == "upload")
            Assert.Equal(request, await File.ReadAllBytesAsync(folder["1.file"]));
    }

    [Fact]
    public void Every_service_has_its_own_name_and_port()
    {
        Assert.Distinct(ServiceCatalog.All.Select(service => service.Name));
        Assert.Distinct(ServiceCatalog.All.Select(service => service.DefaultPort));
    }

    [Fact]
    public void Every_default_of_an_option_is_a_value_of_it()
    {
        foreach (ServiceOption option in ServiceCatalog.All.SelectMany(service => service.Options))
        {
            if (option.DefaultText is { } text)
                Assert.NotNull(option.ParseValue(text));
        }
    }

    private static byte[] FirstWelcome()
    {
        byte[] welcome = GoldenBytes.Of("Welcome");
        welcome.AsSpan(WelcomeIdOffset, sizeof(uint)).Clear();
        return welcome;
    }

    private sealed record Conversation(ServiceSettings Settings, byte[] Sent, byte[] Answer)
    {
        public byte[] Output { get; init; } = [];

        public (string Name, byte[] Content)? File { get; init; }
    }
}
