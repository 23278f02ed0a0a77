using System.Net;
using System.Security.Cryptography;
using System.Text;
using Hawser.Layers;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Message;
using Hawser.Services.Upload;
using Hawser.Tests.Layers;
using Hawser.Tests.Services.Message;
using Hawser.Tests.Support;
using Xunit;

using Layer = System.Func<
    Hawser.Transports.Transport, System.Threading.CancellationToken,
    System.Threading.Tasks.ValueTask<Hawser.Transports.Transport>>;

namespace Hawser.Tests.Services;

/// <summary>Messages and uploads over TLS: whole, or recognised as a part.</summary>
public sealed class TlsServiceTest : IDisposable
{
    // More than what makes a plain connection use splice(2).
    private const int LargeBytes = 9_000_000;

    private static readonly byte[] Secret = "a secret of 24 bytes, ok"u8.ToArray();

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Models => ServiceMatrix.AllModels;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_message_arrives_whole(string model)
    {
        byte[] message = RandomNumberGenerator.GetBytes(LargeBytes);
        await using var output = new RecordedOutput();
        await using ServiceHost host = Start(new MessageService(), new ServiceSettings(), model, output, new LineRecorder());

        Assert.True(await MessageClient.SendAsync(
            host.EndPoint, new MemoryStream(message), Patience.Limit, [TlsLayer.Client(TestCertificate.Client)]).Bounded());

        output.Is(message);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_truncated_message_is_reported_and_the_next_one_arrives(string model)
    {
        await using var output = new RecordedOutput();
        var errors = new LineRecorder();
        await using ServiceHost host = Start(new MessageService(), new ServiceSettings(), model, output, errors);
        using (TlsPeer sender = await TlsPeer.ConnectAsync(host.EndPoint))
        {
            await sender.SendAsync("a part"u8.ToArray());
            sender.Truncate();
            await errors.LineWithAsync("truncated after 6 bytes: the peer closed the connection without a TLS close_notify");
        }
        Assert.True(await MessageClient.SendAsync(
            host.EndPoint, new MemoryStream("whole"u8.ToArray()), Patience.Limit,
            [TlsLayer.Client(TestCertificate.Client)]).Bounded());

        output.Is("a partwhole"u8);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task An_upload_arrives_whole(string model)
    {
        byte[] content = RandomNumberGenerator.GetBytes(LargeBytes);
        ServiceSettings settings = new ServiceSettings().Set(UploadService.Folder, _folder["stored"]);
        await using ServiceHost host = Start(new UploadService(), settings, model, Stream.Null, new LineRecorder());

        await using FileStream file = File.OpenRead(_folder.Write("content", content));
        UploadOutcome sent = await UploadAsync(host, file);

        Assert.True(sent.IsVerified);
        Assert.Equal(content, File.ReadAllBytes(Path.Combine(_folder["stored"], "1.file")));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_truncated_upload_is_not_stored(string model)
    {
        ServiceSettings settings = new ServiceSettings().Set(UploadService.Folder, _folder["stored"]);
        await using ServiceHost host = Start(new UploadService(), settings, model, Stream.Null, new LineRecorder());
        using (TlsPeer sender = await TlsPeer.ConnectAsync(host.EndPoint))
        {
            await sender.SendAsync(new byte[100_000]);
            sender.Truncate();
            Assert.Equal(
                "ERROR the peer closed the connection without a TLS close_notify\n",
                Encoding.ASCII.GetString(await sender.ReceiveToEndAsync()));
        }

        Assert.Equal("ERROR", File.ReadAllText(Path.Combine(_folder["stored"], "1.file")));
        Assert.True((await UploadAsync(host, new MemoryStream("whole"u8.ToArray()))).IsVerified);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_token_admits_its_holders_only(string model)
    {
        await using var output = new RecordedOutput();
        var events = new LineRecorder();
        await using ServiceHost host = Start(
            new MessageService(), new ServiceSettings(), model, output, events, TokenLayer.Server(() => Secret));
        foreach (string wrong in (string[])["a secret of 24 bytes, no", "a secret of 24 bytes, ok!", "short"])
        {
            ConnectException refused = await Assert.ThrowsAsync<ConnectException>(
                () => SendAsync(host, TokenLayer.Client(Encoding.ASCII.GetBytes(wrong))));
            Assert.Equal("--token-file: the server refused it: wrong token", refused.Message);
        }

        Assert.True(await SendAsync(host, TokenLayer.Client(Secret)));
        output.Is("whole"u8);
        await events.LineWithAsync("written: 5 bytes");
    }

    /// <summary>Its end must not look like the confirmation of a message.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_client_without_a_token_is_reset(string model)
    {
        await using var output = new RecordedOutput();
        await using ServiceHost host = Start(
            new MessageService(), new ServiceSettings(), model, output, new LineRecorder(), TokenLayer.Server(() => Secret));
        foreach (string message in (string[])["no token\n", "token a secret of 24 bytes, ok\nand a message", "", "x", new('x', 1000)])
        {
            Exception? error = await Record.ExceptionAsync(() => MessageClient.SendAsync(
                host.EndPoint, new MemoryStream(Encoding.ASCII.GetBytes(message)), Patience.Limit,
                [TlsLayer.Client(TestCertificate.Client)]).Bounded());
            Assert.IsType<ConnectionClosedException>(error);
        }
        output.Is([]);
    }

    /// <summary>Its end must not look like the confirmation of a message.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_client_without_TLS_is_reset(string model)
    {
        await using var output = new RecordedOutput();
        await using ServiceHost host = Start(
            new MessageService(), new ServiceSettings(), model, output, new LineRecorder());
        foreach (string message in (string[])["hello\n", "", "x", new('x', 100_000)])
        {
            Exception? error = await Record.ExceptionAsync(() => MessageClient.SendAsync(
                host.EndPoint, new MemoryStream(Encoding.ASCII.GetBytes(message)), Patience.Limit, []).Bounded());
            Assert.IsType<ConnectionClosedException>(error);
        }
        output.Is([]);
    }

    [Fact]
    public async Task A_client_token_fails_the_connect_if_the_server_asks_for_none()
    {
        await using var output = new RecordedOutput();
        await using ServiceHost host = Start(
            new MessageService(), new ServiceSettings(), "threads", output, new LineRecorder());

        ConnectException error = await Assert.ThrowsAsync<ConnectException>(
            () => SendAsync(host, TokenLayer.Client(Secret)));

        Assert.Equal("--token-file: the server does not ask for a token; start it with --token-file", error.Message);
        output.Is([]);
    }

    private static Task<bool> SendAsync(ServiceHost host, Layer token) => MessageClient.SendAsync(
        host.EndPoint, new MemoryStream("whole"u8.ToArray()), Patience.Limit,
        [TlsLayer.Client(TestCertificate.Client), token]).Bounded();

    private static Task<UploadOutcome> UploadAsync(ServiceHost host, Stream source) => Task.Run(
        () => UploadClient.SendAsync(host.EndPoint, source, new UploadClientOptions
        {
            IdleTimeout = Patience.Limit,
            Layers = [TlsLayer.Client(TestCertificate.Client)],
        })).Bounded();

    private static ServiceHost Start(
        Service service, ServiceSettings settings, string model, Stream output, LineRecorder errors, Layer? above = null)
    {
        var environment = new ServiceEnvironment
        {
            Log = TextWriter.Null,
            Events = errors,
            Errors = errors,
            Output = output,
            Fail = _ => { },
        };
        Layer tls = TlsLayer.Server(_ => TestCertificate.Server);
        return ServiceHost.Start(service, settings, environment, new ServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = ConcurrencyModels.Get(model),
            Layers = above is null ? [tls] : [tls, above],
            Limits = service.DefaultLimits,
        });
    }
}
