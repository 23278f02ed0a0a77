using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Hawser.Cluster;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Upload;
using Hawser.Tests.Support;

namespace Hawser.Tests.Services.Upload;

/// <summary>An upload server on a port of its own, and what its folder should hold.</summary>
internal sealed class UploadServer : IAsyncDisposable
{
    private readonly ServiceHost _host;
    private readonly string _folder;

    private UploadServer(ServiceHost host, string folder, LineRecorder errors, RecordingObserver observer)
    {
        _host = host;
        _folder = folder;
        Errors = errors;
        Observer = observer;
    }

    public LineRecorder Errors { get; }

    public RecordingObserver Observer { get; }

    public EndPoint EndPoint => _host.EndPoint;

    public static UploadServer Start(
        string folder, string model = "threads", Action<ServiceSettings>? with = null, TimeProvider? time = null)
    {
        ServiceSettings settings = new ServiceSettings().Set(UploadService.Folder, folder);
        with?.Invoke(settings);
        var errors = new LineRecorder();
        var observer = new RecordingObserver();
        var environment = new ServiceEnvironment
        {
            Log = TextWriter.Null,
            Errors = errors,
            Output = Stream.Null,
            OpenUploadStore = options => ClusterStore.OpenAsync(options).GetAwaiter().GetResult(),
            Fail = _ => { },
        };
        var service = new UploadService();
        ServiceHost host = ServiceHost.Start(service, settings, environment, new ServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = ConcurrencyModels.Get(model),
            Limits = service.DefaultLimits with
            {
                LingerTimeout = Patience.Limit,
                DrainTimeout = Timeout.InfiniteTimeSpan,
            },
            Observer = observer,
            TimeProvider = time ?? TimeProvider.System,
        });
        return new UploadServer(host, folder, errors, observer);
    }

    /// <summary>What the server answers when it has stored this as this number.</summary>
    public static string ReceiptOf(int number, byte[] content) => string.Create(CultureInfo.InvariantCulture,
        $"OK {number}.file {content.Length} sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}\n");

    public Task<RawPeer> ConnectAsync() => RawPeer.ConnectAsync(EndPoint);

    /// <summary>Uploads as a plain client does.</summary>
    /// <returns>What the server answered.</returns>
    public async Task<string> UploadAsync(byte[] content)
    {
        using RawPeer peer = await ConnectAsync();
        await peer.SendAsync(content);
        peer.FinishSending();
        return await peer.ReadToEndAsync();
    }

    /// <summary>Uploads with our own client.</summary>
    public Task<UploadOutcome> SendAsync(Stream source) =>
        Task.Run(() => UploadClient.SendAsync(EndPoint, source, new UploadClientOptions { IdleTimeout = Patience.Limit }))
            .Bounded();

    /// <summary>What a file of the folder holds.</summary>
    public byte[] Stored(int number) => File.ReadAllBytes(PathOf(number));

    /// <summary>Where a file of the folder is.</summary>
    public string PathOf(int number) => Path.Combine(_folder, $"{number.ToString(CultureInfo.InvariantCulture)}.file");

    /// <summary>All names in the folder, hidden ones included, in order.</summary>
    public string[] Names() => [.. Directory.EnumerateFiles(_folder).Select(path => Path.GetFileName(path)!).Order()];

    /// <summary>The file of a failed upload holds exactly ERROR.</summary>
    public bool IsError(int number) => Stored(number).AsSpan().SequenceEqual(Encoding.ASCII.GetBytes("ERROR"));

    public Task StopAsync() => _host.StopAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
