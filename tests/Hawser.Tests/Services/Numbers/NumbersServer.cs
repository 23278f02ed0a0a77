using System.Globalization;
using System.Net;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Numbers;

namespace Hawser.Tests.Services.Numbers;

/// <summary>A numbers server on a port of its own, whose log can be waited for.</summary>
internal sealed class NumbersServer : IAsyncDisposable
{
    private readonly ServiceHost _host;

    private NumbersServer(ServiceHost host, LineRecorder log)
    {
        _host = host;
        Log = log;
    }

    public LineRecorder Log { get; }

    public EndPoint EndPoint => _host.EndPoint;

    public static NumbersServer Start(
        string model = "threads", int count = 1000, ulong? seed = null, long? min = null, long? max = null)
    {
        var settings = new ServiceSettings();
        settings.Set(NumbersService.Count, Text(count));
        if (seed is not null)
            settings.Set(NumbersService.Seed, Text(seed));
        if (min is not null)
            settings.Set(NumbersService.Min, Text(min));
        if (max is not null)
            settings.Set(NumbersService.Max, Text(max));
        var log = new LineRecorder();
        var environment = new ServiceEnvironment
        {
            Log = log,
            Errors = TextWriter.Null,
            Output = Stream.Null,
            Fail = _ => { },
        };
        return new NumbersServer(
            ServiceHost.Start(new NumbersService(), settings, environment, new ServerOptions
            {
                EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
                Model = ConcurrencyModels.Get(model),
            }),
            log);
    }

    /// <summary>The list that a seed and an index stand for, made number by number.</summary>
    public static string ListOf(
        ulong seed, long index, int count,
        long min = NumbersProtocol.DefaultMin, long max = NumbersProtocol.DefaultMax)
    {
        NumberGenerator generator = NumberGenerator.ForList(seed, index, new NumberRange(min, max));
        return string.Join(',', Enumerable.Range(0, count).Select(position => generator.NumberAt(position)));
    }

    public Task<RawPeer> ConnectAsync() => RawPeer.ConnectAsync(EndPoint);

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
