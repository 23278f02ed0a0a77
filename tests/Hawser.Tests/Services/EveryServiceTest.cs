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
    [Theory]
    [MemberData(nameof(ServiceMatrix.EveryServiceUnderEveryModel), MemberType = typeof(ServiceMatrix))]
    public async Task Every_service_proves_itself_under_every_model(string service, string model)
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
}
