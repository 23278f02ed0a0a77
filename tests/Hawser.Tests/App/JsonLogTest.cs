using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary><c>serve --log json</c>.</summary>
public sealed class JsonLogTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_line_on_the_standard_error_is_an_object_with_its_level()
    {
        await using ProgramProcess serve = ProgramProcess.Start(
            "serve", "upload", "0", _folder["stored"], "--host", "127.0.0.1", "--max-bytes", "3", "--log", "json");
        IPEndPoint where = await serve.ListeningAsync();
        string first = "";
        foreach (string upload in (string[])["abc", "abcd"])
        {
            using RawClient client = await RawClient.ConnectAsync(where);
            first = first == "" ? $"{client.LocalEndPoint}" : first;
            await client.SendAsync(upload);
            client.FinishSending();
            await client.ReceiveToEndAsync();
        }
        await serve.Errors.LineWithAsync("\"connection\":2");
        serve.Signal(ProgramProcess.SIGTERM);
        Assert.Equal(0, (await serve.EndAsync()).ExitCode);

        JsonElement[] lines = [.. serve.Errors.Lines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.All(lines, line => Assert.Matches(
            @"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z", line.GetProperty("time").GetString()));
        Assert.All(lines, line => JsonOutputTest.AssertIs("serve.log", line));
        Assert.Equal("upload", Text(Find("writing to "), "service"));
        JsonElement stored = Find("stored as 1.file");
        Assert.Equal(("info", "upload"), (Text(stored, "level"), Text(stored, "service")));
        JsonElement refused = Find("refused after");
        Assert.Equal("error", Text(refused, "level"));
        Assert.StartsWith("upload 2 from ", Text(refused, "message"), StringComparison.Ordinal);
        JsonElement end = lines.Single(
            line => line.TryGetProperty("connection", out JsonElement number) && number.GetInt64() == 1);
        Assert.Equal(first, Text(end, "peer"));
        Assert.Equal(3, end.GetProperty("bytes_received").GetInt64());
        Assert.InRange(end.GetProperty("bytes_sent").GetInt64(), 1, 1_000);
        Assert.InRange(end.GetProperty("seconds").GetDouble(), 0, 60);
        Assert.Equal("peer_finished", Text(end, "reason"));

        JsonElement Find(string part) =>
            lines.First(line => Text(line, "message").Contains(part, StringComparison.Ordinal));

        static string Text(JsonElement line, string name) => line.GetProperty(name).GetString()!;
    }

    [Fact]
    public async Task An_error_that_ends_the_start_is_an_object()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        await using ProgramProcess serve = ProgramProcess.Start(
            "serve", "ping", "--port", $"{((IPEndPoint)taken.LocalEndPoint!).Port}", "--log", "json");

        ProgramResult result = await serve.EndAsync();
        Assert.Equal(1, result.ExitCode);
        JsonElement line = JsonDocument.Parse(result.Errors).RootElement;
        JsonOutputTest.AssertIs("serve.log", line);
        Assert.Equal("error", line.GetProperty("level").GetString());
        Assert.Contains("in use", line.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_lines_of_an_exercise_stay_as_they_are_and_quiet_leaves_out_connections(bool isQuiet)
    {
        await using ProgramProcess serve = ProgramProcess.Start(
            ["serve", "ping", "--port", "0", "--log", "json", .. isQuiet ? (string[])["--quiet"] : []]);
        using (RawClient client = await RawClient.ConnectAsync(await serve.ListeningAsync()))
        {
            await client.SendAsync("ping 0 1\n");
            await client.ReceiveExactlyAsync(9);
        }
        if (!isQuiet)
            await serve.Output.LineWithAsync("- connection 1 after 1 pong");
        serve.Signal(ProgramProcess.SIGTERM);

        ProgramResult result = await serve.EndAsync();
        Assert.StartsWith("Listening on 127.0.0.1:", result.Text, StringComparison.Ordinal);
        Assert.Equal(isQuiet, result.Text.Split('\n') is [_, ""]);
        Assert.Equal(!isQuiet, result.Errors.Contains("\"connection\":", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_text_log_names_peer_time_bytes_and_reason_at_the_end_of_a_connection()
    {
        await using ProgramProcess serve = ProgramProcess.Start("serve", "numbers", "--port", "0", "--count", "3", "--verbose");
        EndPoint local;
        using (RawClient client = await RawClient.ConnectAsync(await serve.ListeningAsync()))
        {
            local = client.LocalEndPoint;
            await client.ReceiveToEndAsync();
        }
        string line = await serve.Errors.LineWithAsync(" closed after ");

        Assert.Matches(
            $@"Z connection 1 from {local} closed after [\d.]+ \w+ \(handler_finished\): 0 bytes received, \d+ sent\z", line);
    }
}
