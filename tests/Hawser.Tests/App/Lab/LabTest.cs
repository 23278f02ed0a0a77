using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hawser.App.CommandLine;
using Hawser.App.Lab;
using Hawser.App.Lab.Exporters;
using Hawser.App.Lab.Processes;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Lab;

/// <summary>The lab as a program, for real and small.</summary>
public sealed class LabTest : IDisposable
{
    private const int PartlyDone = 3;
    private const int Misused = 2;

    // On a busy machine the first pong may come a second after the connection.
    private const string LongEnough = "2s";

    private readonly string _folder = Directory.CreateTempSubdirectory("hawser-lab-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Two_models_are_measured_and_all_files_written()
    {
        ProgramResult result = await RunAsync(
            "--models", "select,threads", "--clients", "3", "--rounds", "2", "--slow-client", "1=1ms", "--json");

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Contains("WARNING: too few rounds (2)", result.Errors, StringComparison.Ordinal);
        Assert.Contains("\n4/4  ", result.Errors, StringComparison.Ordinal);
        Assert.All(ExporterCatalog.All, exporter => Assert.True(File.Exists(Path.Combine(_folder, exporter.FileName))));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "results.json"))),
            JsonNode.Parse(result.Text)));
        using JsonDocument json = JsonDocument.Parse(result.Text);
        AssertIsValid(json.RootElement);
        Assert.True(json.RootElement.GetProperty("is_complete").GetBoolean());
        Assert.Equal(5, File.ReadAllLines(Path.Combine(_folder, "results.csv")).Length);
        foreach (JsonElement measured in json.RootElement.GetProperty("measurements").EnumerateArray())
        {
            JsonElement figures = measured.GetProperty("figures");
            Assert.True(figures.GetProperty("load").GetProperty("round_trips").GetInt64() > 0);
            Assert.False(measured.TryGetProperty("error", out _));
            if (OperatingSystem.IsLinux())
                Assert.True(measured.TryGetProperty("conditions", out _));
        }
        foreach (JsonElement summary in json.RootElement.GetProperty("summaries").EnumerateArray())
        {
            Assert.Equal(2, summary.GetProperty("rounds").GetInt32());
            Assert.True(summary.GetProperty("latency_curve").GetArrayLength() > 5);
        }
    }

    [Theory]
    [InlineData("no")]
    [InlineData("yes")]
    public async Task A_failed_variant_is_recorded_and_the_rest_still_runs(string together)
    {
        // Bound and not listening: nobody else gets the port, and nobody answers at it.
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        ProgramResult result = await RunAsync(
            "--models", "select", "--clients", "2", "--rounds", "1", "--together", together,
            "--against", $"gone={closed.LocalEndPoint}");

        Assert.Equal(PartlyDone, result.ExitCode);
        Assert.EndsWith("ERROR: 1 of 2 measurements failed; see the warnings\n", result.Errors,
            StringComparison.Ordinal);
        Assert.Contains($"gone, 2 clients{(together == "yes" ? ", together" : "")}: 1 of 1 measurements failed", result.Text, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(
            await File.ReadAllTextAsync(Path.Combine(_folder, "results.json")));
        AssertIsValid(json.RootElement);
        JsonElement[] measured = [.. json.RootElement.GetProperty("measurements").EnumerateArray()];
        Assert.Contains("refused the connection", Of("gone").GetProperty("error").GetString(),
            StringComparison.Ordinal);
        Assert.True(Of("select").TryGetProperty("figures", out _));

        JsonElement Of(string name) => measured.Single(entry =>
            entry.GetProperty("variant").GetProperty("subject").GetProperty("name").GetString() == name);
    }

    [Fact]
    public async Task A_server_crash_under_load_is_recorded_and_the_rest_still_runs()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are found in /proc");
        await using ProgramProcess lab = ProgramProcess.Start(
            ["lab", "--models", "select,threads,async", "--clients", "2", "--rounds", "1", "--floor", "no",
                "--duration", LongEnough, "--warm-up", "0", "--spoiled-at", "none", "--out", _folder]);
        int? server = null;
        await Patience.UntilAsync(() =>
            (server = ChildOf(lab.Id, "serve")) is not null && ChildOf(lab.Id, "--json-stream") is not null);
        ProgramProcess.Signal(server!.Value, ProgramProcess.SIGKILL);

        ProgramResult result = await lab.EndAsync();

        Assert.Equal(PartlyDone, result.ExitCode);
        using JsonDocument json = JsonDocument.Parse(
            await File.ReadAllTextAsync(Path.Combine(_folder, "results.json")));
        AssertIsValid(json.RootElement);
        JsonElement[] measured = [.. json.RootElement.GetProperty("measurements").EnumerateArray()];
        JsonElement[] died = [.. measured.Where(entry => entry.TryGetProperty("error", out _))];
        Assert.Equal("the server ended: exit code 137", Assert.Single(died).GetProperty("error").GetString());
        Assert.Equal(2, measured.Count(entry => entry.TryGetProperty("figures", out _)));
    }

    [Fact]
    public async Task A_subject_given_by_address_has_load_figures_but_no_process_figures()
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "ping", "--port", "0");
        IPEndPoint endPoint = await server.ListeningAsync();

        ProgramResult result = await RunAsync(
            "--models", "none", "--clients", "2", "--rounds", "1", "--idle", "5", "--against", $"other={endPoint}",
                "--json");

        Assert.Equal(0, result.ExitCode);
        using JsonDocument json = JsonDocument.Parse(result.Text);
        AssertIsValid(json.RootElement);
        JsonElement figures = json.RootElement.GetProperty("measurements")[0].GetProperty("figures");
        Assert.True(figures.GetProperty("load").GetProperty("round_trips").GetInt64() > 0);
        Assert.False(figures.TryGetProperty("server", out _));
    }

    [Fact]
    public async Task A_command_joins_with_figures_of_its_process()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are sampled from /proc");
        string program = ShellWords.Quote(Path.Combine(AppContext.BaseDirectory, "hawser.dll"));
        string command = $"dotnet exec {program} serve ping --port {{port}}";

        ProgramResult result = await RunAsync(
            "--models", "none", "--clients", "2", "--rounds", "2", "--idle", "5", "--against", $"other={command}",
            "--json");

        Assert.True(result.ExitCode == 0, result.Errors);
        using JsonDocument json = JsonDocument.Parse(result.Text);
        AssertIsValid(json.RootElement);
        JsonElement variant = json.RootElement.GetProperty("summaries")[0].GetProperty("variant");
        Assert.Equal(command, variant.GetProperty("subject").GetProperty("command").GetString());
        foreach (JsonElement measured in json.RootElement.GetProperty("measurements").EnumerateArray())
        {
            JsonElement server = measured.GetProperty("figures").GetProperty("server");
            Assert.True(server.GetProperty("resident_bytes").GetInt64() > 10_000_000);
            Assert.True(server.GetProperty("descriptors").GetInt32() > 7);
            Assert.Equal(JsonValueKind.Number, server.GetProperty("bytes_per_idle_connection").ValueKind);
        }
    }

    [Fact]
    public async Task Servers_of_other_protocols_stand_in_one_table()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the floor is compiled on Linux");
        Assert.SkipUnless(IsInstalled("redis-server"), "redis-server is not installed");
        Assert.SkipUnless(IsInstalled("gcc"), "gcc is not installed");
        string kestrel = ShellWords.Quote(Path.Combine(AppContext.BaseDirectory, "KestrelReference.dll"));

        ProgramResult result = await RunAsync(
            "--models", "epoll", "--clients", "2", "--rounds", "1", "--pipeline", "4", "--floor", "yes", "--against",
            "redis=resp:redis-server --port {port} --bind 127.0.0.1 --save '' --appendonly no", "--against",
            $"kestrel=http:dotnet exec {kestrel} http {{port}}");

        Assert.True(result.ExitCode == 0, result.Errors);
        string summary = await File.ReadAllTextAsync(Path.Combine(_folder, "summary.md"));
        string table = summary[summary.IndexOf("## 2 clients, 4 pings at once", StringComparison.Ordinal)..];
        Assert.All((string[])["epoll", "redis", "kestrel", "floor"], name =>
            Assert.Matches($@"\n\| {name} +\| +[1-9]", table));
        using JsonDocument json = JsonDocument.Parse(
            await File.ReadAllTextAsync(Path.Combine(_folder, "results.json")));
        AssertIsValid(json.RootElement);
        Assert.All(json.RootElement.GetProperty("measurements").EnumerateArray(), measured => Assert.True(
            measured.GetProperty("figures").GetProperty("load").GetProperty("load_cpu_microseconds_per_round_trip").GetDouble() > 0));
    }

    [Fact]
    public async Task Churn_is_measured_and_a_command_that_dies_is_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "churn needs Linux");

        ProgramResult result = await RunAsync(
            "--models", "epoll", "--clients", "2", "--rounds", "1", "--churn", "yes", "--against",
            "c=sh -c 'echo out of luck >&2; exit 7' {port}");

        Assert.Equal(PartlyDone, result.ExitCode);
        Assert.Matches("epoll, 2 clients, a connection for each ping: .*round trips/s ", result.Errors);
        Assert.Contains(
            "c, 2 clients, a connection for each ping: FAILED: c did not start: exit code 7, out of luck\n",
            result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_burst_measures_lost_clients_and_connect_latency()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are sampled from /proc");

        ProgramResult result = await RunAsync(
            "--models", "epoll", "--clients", "5", "--rounds", "1", "--burst", "yes", "--backlog", "10", "--rate", "25",
            "--duration", "200ms", "--json");

        Assert.True(result.ExitCode == 0, result.Errors);
        using JsonDocument json = JsonDocument.Parse(result.Text);
        AssertIsValid(json.RootElement);
        JsonElement load = json.RootElement.GetProperty("measurements")[0].GetProperty("figures").GetProperty("load");
        Assert.Equal(0, load.GetProperty("lost_clients").GetInt32());
        Assert.True(load.GetProperty("connect_p99_ns").GetInt64() >= load.GetProperty("connect_p50_ns").GetInt64());
        Assert.Equal("5 clients, at 25/s, connecting at once, backlog 10", $"{json.RootElement.GetProperty("summaries")[0]
            .GetProperty("variant").GetProperty("setting").Deserialize(LabJson.Default.LabSetting)}");
    }

    [Fact]
    public async Task Scenario_tasks_are_measured_and_uninstalled_ones_skipped_with_a_warning()
    {
        string scenario = Path.Combine(_folder, "tasks.json");
        await File.WriteAllTextAsync(scenario, """
            {
              "setup": "echo 7 > {folder}/source",
              "tasks": [
                { "subject": "cat", "setting": "a file", "run": "cat {folder}/source", "figures": { "sent": "" } },
                { "subject": "rival", "setting": "a file", "run": "true", "needs": ["no-such-program"] }
              ],
              "rounds": 2
            }
            """);

        ProgramResult result = await ProgramProcess.RunAsync(
            "lab", "--scenario", scenario, "--spoiled-at", "none", "--json", "--out", Path.Combine(_folder, "out"));

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Contains("WARNING: rival is left out: no-such-program is not installed\n", result.Errors,
            StringComparison.Ordinal);
        Assert.Contains("\n2/2  cat, a file: time ", result.Errors, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(result.Text);
        AssertIsValid(json.RootElement);
        Assert.All(json.RootElement.GetProperty("measurements").EnumerateArray(), measured => Assert.Equal(
            7, measured.GetProperty("figures").GetProperty("task").GetProperty("sent").GetDouble()));
    }

    [Fact]
    public async Task Two_agents_send_the_load_of_one()
    {
        string token = Path.Combine(_folder, "token");
        await File.WriteAllTextAsync(token, "a secret of 16 bytes or more\n");
        await using ProgramProcess one = ProgramProcess.Start("agent", "--port", "0", "--token-file", token);
        await using ProgramProcess two = ProgramProcess.Start("agent", "--port", "0", "--token-file", token);

        ProgramResult result = await RunAsync(
            "--models", "select", "--clients", "5", "--rounds", "1", "--agent", $"{await one.ListeningAsync()}",
            "--agent", $"{await two.ListeningAsync()}", "--agent-token-file", token, "--json");

        Assert.True(result.ExitCode == 0, result.Errors);
        using JsonDocument json = JsonDocument.Parse(result.Text);
        AssertIsValid(json.RootElement);
        JsonElement figures = json.RootElement.GetProperty("measurements")[0].GetProperty("figures");
        Assert.Equal(5, figures.GetProperty("load").GetProperty("answered_clients").GetInt32());
        Assert.False(figures.GetProperty("load").TryGetProperty("lost_agents", out _));
        await one.Errors.LineWithAsync(": 3 clients, ");
        await two.Errors.LineWithAsync(": 2 clients, ");
    }

    [Fact]
    public async Task An_agent_that_others_reach_needs_a_token() => (await ProgramProcess.RunAsync(
        "agent", "--host", "0.0.0.0", "--port", "0")).IsError(Misused, "--token-file: needed, because ");

    [Fact]
    public void Kestrel_runs_with_the_settings_of_our_runtime()
    {
        Assert.NotEmpty(SettingsOf("hawser"));
        Assert.Equal(SettingsOf("hawser"), SettingsOf("KestrelReference"));

        static string[] SettingsOf(string program)
        {
            using JsonDocument json = JsonDocument.Parse(
                File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, $"{program}.runtimeconfig.json")));
            return json.RootElement.GetProperty("runtimeOptions").TryGetProperty("configProperties", out JsonElement all)
                ? [.. all.EnumerateObject().Where(setting => setting.Name.Contains("GC", StringComparison.Ordinal)
                    || setting.Name.Contains("Tiered", StringComparison.Ordinal)
                    || setting.Name.Contains("EventSource", StringComparison.Ordinal)).Select(setting => $"{setting}").Order()]
                : [];
        }
    }

    [Fact]
    public async Task A_signal_stops_the_lab_and_keeps_finished_measurements()
    {
        await using ProgramProcess lab = ProgramProcess.Start(
            ["lab", "--models", "select", "--clients", "1", "--rounds", "1000", "--duration", LongEnough,
                "--warm-up", "0", "--floor", "no", "--spoiled-at", "none", "--out", _folder]);
        await lab.Errors.LineWithAsync("1/1000  ");
        lab.Signal(ProgramProcess.SIGTERM);

        ProgramResult result = await lab.EndAsync();

        Assert.Equal(PartlyDone, result.ExitCode);
        Assert.Contains("ERROR: stopped after ", result.Errors, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(
            await File.ReadAllTextAsync(Path.Combine(_folder, "results.json")));
        AssertIsValid(json.RootElement);
        Assert.False(json.RootElement.GetProperty("is_complete").GetBoolean());
        Assert.True(json.RootElement.GetProperty("measurements").GetArrayLength() >= 1);
    }

    [Fact]
    public async Task A_signal_before_the_first_figure_is_an_interruption()
    {
        await using ProgramProcess lab = ProgramProcess.Start(
            ["lab", "--models", "select", "--clients", "1", "--rounds", "1", "--duration", "1h", "--floor", "no",
                "--out", _folder]);
        await lab.Errors.LineWithAsync("measurement");
        lab.Signal(ProgramProcess.SIGINT);

        Assert.Equal(ExitCode.Interrupted, (await lab.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task A_folder_that_has_results_is_not_written_over()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "results.csv"), "precious");

        (await RunAsync("--models", "select")).IsError(Misused, "has results already; use another folder");
    }

    [Fact]
    public async Task Command_line_options_override_those_of_the_scenario()
    {
        string scenario = Path.Combine(_folder, "small.json");
        await File.WriteAllTextAsync(
            scenario, """{ "models": ["select"], "clients": [1, 2], "rounds": 1, "rate": "2k" }""");

        ProgramResult result = await RunAsync("--scenario", scenario, "--clients", "3");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("\n3 clients, at 2,000/s\n", result.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("1 client", result.Text, StringComparison.Ordinal);
        Assert.Contains(
            $"hawser lab --scenario {scenario} --clients 3 --floor no --duration {LongEnough} --warm-up 50ms ",
            await File.ReadAllTextAsync(Path.Combine(_folder, "summary.md")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Earlier_results_stand_in_the_report()
    {
        string earlier = Path.Combine(_folder, "earlier");
        string now = Path.Combine(_folder, "now");
        string[] same = ["--models", "select", "--clients", "2", "--rounds", "1"];
        Assert.Equal(0, (await RunAsync([.. same, "--out", earlier])).ExitCode);

        ProgramResult result = await RunAsync([.. same, "--out", now, "--baseline", earlier]);

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Contains("<h2 id=\"earlier\">Compared with an earlier run</h2>",
            await File.ReadAllTextAsync(Path.Combine(now, "report.html")), StringComparison.Ordinal);
    }

    private Task<ProgramResult> RunAsync(params string[] arguments) => ProgramProcess.RunAsync(
        ["lab", "--warm-up", "50ms", "--seed", "1", "--spoiled-at", "none",
            .. arguments.Contains("--duration") ? [] : (string[])["--duration", LongEnough],
            .. arguments.Contains("--out") ? [] : (string[])["--out", _folder],
            .. arguments.Contains("--floor") ? [] : (string[])["--floor", "no"], .. arguments]);

    private static bool IsInstalled(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    private static int? ChildOf(int parent, string argument)
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out int process))
                continue;
            try
            {
                // The name, which is in brackets, may have blanks; the parent is the second field after it.
                string stat = File.ReadAllText(Path.Combine(folder, "stat"));
                string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                string[] arguments = File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0');
                if (fields[1] == $"{parent}" && arguments.Contains(argument))
                    return process;
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }
        return null;
    }

    private static void AssertIsValid(JsonElement results)
    {
        using JsonDocument schema = JsonDocument.Parse(
            File.ReadAllBytes(ProgramRepository.PathOf("lab", "results.schema.json")));
        Assert.Empty(JsonSchemaCheck.Violations(schema.RootElement, results));
    }
}
