using System.Collections.Concurrent;
using Hawser.Hosting;
using Hawser.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hawser.Tests.Hosting;

/// <summary>A generic host with servers, and what they log.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly IHost _host;

    private TestHost(IHost host, LogRecorder log)
    {
        _host = host;
        Log = log;
    }

    public LogRecorder Log { get; }

    public IServiceProvider Services => _host.Services;

    public IHost Host => _host;

    public static async Task<TestHost> StartAsync(
        Action<IServiceCollection> add, params (string Key, string? Value)[] configuration)
    {
        TestHost host = Build(add, configuration);
        try
        {
            await host._host.StartAsync().Bounded();
            return host;
        }
        catch
        {
            host._host.Dispose();
            throw;
        }
    }

    public static TestHost Build(Action<IServiceCollection> add, params (string Key, string? Value)[] configuration)
    {
        var log = new LogRecorder();
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(
            configuration.Select(entry => KeyValuePair.Create(entry.Key, entry.Value)));
        builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(log);
        add(builder.Services);
        return new TestHost(builder.Build(), log);
    }

    public HostedServer this[string name] => Services.GetRequiredKeyedService<HostedServer>(name);

    public Task<RawClient> ConnectAsync(string name) => RawClient.ConnectAsync(this[name].Server.EndPoints[0]);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync().Bounded();
        _host.Dispose();
    }

    /// <summary>Remembers what is logged.</summary>
    internal sealed class LogRecorder : ILoggerProvider
    {
        private readonly ConcurrentQueue<(string Category, LogLevel Level, string Text)> _entries = new();

        public IReadOnlyList<(string Category, LogLevel Level, string Text)> Entries => [.. _entries];

        public ILogger CreateLogger(string categoryName) => new Recorder(categoryName, _entries);

        public void Dispose()
        {
        }

        private sealed class Recorder(string category, ConcurrentQueue<(string, LogLevel, string)> entries) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception,
                Func<TState, Exception?, string> formatter) =>
                entries.Enqueue((category, logLevel, $"{formatter(state, exception)}{exception}"));
        }
    }
}
