using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Hawser.Tests.Support;

/// <summary>A page in a headless Chromium of the system, driven by the DevTools protocol.</summary>
/// <remarks>Microsoft.Playwright would bring 200 MB and a Node.js for the few commands that are needed.</remarks>
internal sealed class Chromium : IAsyncDisposable
{
    private const string Executable = "/usr/bin/chromium";

    private readonly TemporaryFolder _profile;
    private readonly ProgramProcess _process;
    private readonly ClientWebSocket _socket;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _calls = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Task _receiving;
    private int _lastCall;

    private Chromium(TemporaryFolder profile, ProgramProcess process, ClientWebSocket socket)
    {
        (_profile, _process, _socket) = (profile, process, socket);
        _receiving = ReceiveAsync();
    }

    /// <summary>What the console has shown: errors, warnings and exceptions.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    /// <summary>Skips the test where there is no browser.</summary>
    public static void Require() => Assert.SkipUnless(File.Exists(Executable), "needs Debian's chromium");

    /// <summary>Starts the browser with an empty page.</summary>
    public static async Task<Chromium> StartAsync()
    {
        var profile = new TemporaryFolder();
        ProgramProcess process = ProgramProcess.StartForeign(
            Executable, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
            "--remote-debugging-port=0", "--remote-allow-origins=*", $"--user-data-dir={profile.Root}", "about:blank");
        string line = await process.Errors.LineWithAsync("DevTools listening on ");
        var browser = new Uri(line[line.IndexOf("ws:", StringComparison.Ordinal)..].Trim());
        using var http = new HttpClient { Timeout = ProgramProcess.Limit };
        JsonElement page = default;
        await Patience.UntilAsync(async () =>
        {
            using var pages = JsonDocument.Parse(await http.GetStringAsync(new Uri($"http://{browser.Authority}/json/list")));
            page = pages.RootElement.EnumerateArray()
                .FirstOrDefault(target => target.GetProperty("type").GetString() == "page").Clone();
            return page.ValueKind == JsonValueKind.Object;
        });
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri(page.GetProperty("webSocketDebuggerUrl").GetString()!), default).Bounded();
        var chromium = new Chromium(profile, process, socket);
        foreach (string domain in (string[])["Page", "Runtime", "Log"])
            await chromium.CallAsync($"{domain}.enable");
        return chromium;
    }

    public Task GoToAsync(string url) => CallAsync("Page.navigate", new() { ["url"] = url });

    /// <summary>The value of an expression, which may be a promise.</summary>
    public async Task<T> EvaluateAsync<T>(string expression)
    {
        JsonElement result = await CallAsync("Runtime.evaluate", new()
        {
            ["expression"] = expression,
            ["returnByValue"] = true,
            ["awaitPromise"] = true,
        });
        if (result.TryGetProperty("exceptionDetails", out JsonElement fault))
            throw new InvalidOperationException($"{expression}: {fault}");
        return result.GetProperty("result").TryGetProperty("value", out JsonElement value)
            ? value.Deserialize<T>()!
            : default!;
    }

    /// <summary>Waits until an expression is true. While the page lacks what it names, it is not.</summary>
    public async Task UntilAsync(string expression)
    {
        try
        {
            await Patience.UntilAsync(() => EvaluateAsync<bool>(
                $"(() => {{ try {{ return Boolean({expression}); }} catch {{ return false; }} }})()"));
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{expression}: {await EvaluateAsync<string>("document.body.innerText")}", e);
        }
    }

    public Task ResizeAsync(int width, int height, double scale = 1) => CallAsync(
        "Emulation.setDeviceMetricsOverride", new()
        {
            ["width"] = width,
            ["height"] = height,
            ["deviceScaleFactor"] = scale,
            ["mobile"] = false,
        });

    /// <param name="scheme"><c>light</c> or <c>dark</c>.</param>
    public Task PreferAsync(string scheme) => CallAsync("Emulation.setEmulatedMedia", new()
    {
        ["features"] = new JsonArray(
            new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }),
    });

    /// <summary>Inserts text, as by pasting where the focus is.</summary>
    public Task TypeAsync(string text) => CallAsync("Input.insertText", new() { ["text"] = text });

    /// <summary>What is on the screen, as a PNG file.</summary>
    /// <summary>Presses the Enter key.</summary>
    public Task PressEnterAsync() => CallAsync("Input.dispatchKeyEvent", new()
    {
        ["type"] = "keyDown",
        ["key"] = "Enter",
        ["windowsVirtualKeyCode"] = 13,
        ["text"] = "\r",
    });

    public async Task<byte[]> PhotographAsync()
    {
        JsonElement result = await CallAsync("Page.captureScreenshot", new() { ["format"] = "png" });
        return result.GetProperty("data").GetBytesFromBase64();
    }

    public async ValueTask DisposeAsync()
    {
        await Record.ExceptionAsync(() => CallAsync("Browser.close"));
        await Record.ExceptionAsync(() => _process.EndAsync());
        await _process.DisposeAsync();
        _socket.Dispose();
        await Record.ExceptionAsync(() => _receiving);
        _sending.Dispose();
        await Record.ExceptionAsync(() => Patience.UntilAsync(() =>
            Record.Exception(_profile.Dispose) is null or DirectoryNotFoundException));
    }

    private async Task<JsonElement> CallAsync(string method, JsonObject? parameters = null)
    {
        int id = Interlocked.Increment(ref _lastCall);
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[id] = answer;
        var call = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(
                Encoding.UTF8.GetBytes(call.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, default).Bounded();
        }
        finally
        {
            _sending.Release();
        }
        return await answer.Task.Bounded();
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        while (_socket.State == WebSocketState.Open)
        {
            ValueWebSocketReceiveResult part = await _socket.ReceiveAsync(buffer.AsMemory(), default);
            message.Write(buffer, 0, part.Count);
            if (!part.EndOfMessage)
                continue;
            using var parsed = JsonDocument.Parse(message.ToArray());
            message.SetLength(0);
            Take(parsed.RootElement.Clone());
        }
    }

    private void Take(JsonElement message)
    {
        if (message.TryGetProperty("id", out JsonElement id))
        {
            if (!_calls.TryRemove(id.GetInt32(), out TaskCompletionSource<JsonElement>? call))
                return;
            if (message.TryGetProperty("result", out JsonElement result))
                call.SetResult(result);
            else
                call.SetException(new InvalidOperationException($"{message}"));
            return;
        }
        JsonElement details = message.GetProperty("params");
        string? complaint = message.GetProperty("method").GetString() switch
        {
            "Runtime.exceptionThrown" => $"{details}",
            "Runtime.consoleAPICalled" when details.GetProperty("type").GetString() is "error" or "warning" => $"{details}",
            "Log.entryAdded" when details.GetProperty("entry") is var entry
                && entry.GetProperty("level").GetString() is "error" or "warning" => string.Create(
                    CultureInfo.InvariantCulture, $"{entry.GetProperty("source")}: {entry.GetProperty("text")}"),
            _ => null,
        };
        if (complaint is not null)
            Complaints.Enqueue(complaint);
    }
}
