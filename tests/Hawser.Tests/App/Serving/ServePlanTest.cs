using System.Net;
using Hawser.App.CommandLine;
using Hawser.App.Serving.Configuration;
using Hawser.App.Verbs;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Serving;

/// <summary>Options of <c>serve</c> from the command line, the environment and a file.</summary>
public sealed class ServePlanTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["hawser.json"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_command_line_comes_before_the_environment_before_the_file()
    {
        Write("""
            {
              // of every service
              "max-connections": 10, "idle-timeout": "10s", "backlog": 100, "accept-rate": 10,
              "services": { "ping": { "backlog": 200, "accept-rate": 20, "model": "epoll", /* two */ "loops": 2, }, },
            }
            """);

        ServiceRun run = One(Read(
            $"serve ping --config {Path} --max-connections 40", ("HAWSER_MAX_CONNECTIONS", "30"),
            ("HAWSER_ACCEPT_RATE", "30"), ("HAWSER_PORT", "0"), ("HAWSER_QUIET", "true"), ("HAWSER_LOOPS", "")));

        ServerLimits limits = run.Options.Limits;
        Assert.Equal((40, 30.0, 200), (limits.Connections, limits.AcceptRate, run.Options.Backlog));
        Assert.Equal((TimeSpan.FromSeconds(10), "epoll", 2),
            (limits.IdleTimeout, run.Options.Model.Name, run.Options.ModelOptions.Loops));
        Assert.True(run.IsQuiet);
        Assert.False(run.IsVerbose);
        Assert.Equal(0, ((IPEndPoint)run.Options.EndPoints[0]).Port);
    }

    [Fact]
    public void A_file_runs_several_services_each_with_its_own_limits()
    {
        Write($$"""
            {
              "max-connections": 10, "allow": ["127.0.0.1", "10.0.0.0/8"], "min-rate": "240/5s",
              "services": {
                "upload": { "port": 0, "dir": "{{_folder["stored"]}}", "max-connections": 20, "quota": "1GB", "sync": true },
                "ping": { "host": "unix:{{_folder["socket"]}}", "verbose": true },
                "message": {},
              }
            }
            """);

        IReadOnlyList<ServiceRun> runs = Read(
            $"serve --config {Path} --backlog 7", ("HAWSER_MAX_FILES", "5"), ("HAWSER_DENY", "10.1.0.0/16,10.2.0.0/16"));

        Assert.Equal(["upload", "ping", "message"], runs.Select(run => run.Service.Name));
        Assert.Equal([20, 10, 10], runs.Select(run => run.Options.Limits.Connections));
        Assert.All(runs, run => Assert.Equal(7, run.Options.Backlog));
        Assert.All(runs, run => Assert.Equal(2, run.Options.Limits.Allow!.Count));
        Assert.All(runs, run => Assert.Equal(2, run.Options.Limits.Deny!.Count));
        Assert.Equal([false, true, false], runs.Select(run => run.IsVerbose));
        // message has its own --min-rate.
        Assert.Equal([true, true, false], runs.Select(run => run.Options.Limits.MinimumRate is not null));
        Assert.Equal($"{_folder["stored"]}", runs[0].Service.Destination(runs[0].Settings));
        Assert.Contains("1 GB (--quota) and 5 files", runs[0].Service.DescribeBounds(runs[0].Settings),
            StringComparison.Ordinal);
        Assert.Equal("127.0.0.1:0", $"{runs[0].Options.EndPoints[0]}");
        Assert.Equal(_folder["socket"], $"{runs[1].Options.EndPoints[0]}");
        Assert.Equal("127.0.0.1:8001", $"{runs[2].Options.EndPoints[0]}");
    }

    [Fact]
    public void A_service_takes_only_its_part_of_a_file()
    {
        Write("""{ "port-base": 9000, "services": { "upload": { "quota": "1GB" }, "ping": { "port": 1234 } } }""");

        ServiceRun run = One(Read($"serve ping --config {Path}"));
        Assert.Equal("127.0.0.1:1234", $"{run.Options.EndPoints[0]}");

        Assert.Equal(["127.0.0.1:9000", "127.0.0.1:1234"],
            Read($"serve --config {Path}").Select(run => $"{run.Options.EndPoints[0]}"));
    }

    [Fact]
    public void An_argument_may_come_from_elsewhere()
    {
        ServiceRun run = One(Read(
            "serve upload", ("HAWSER_PORT", "0"), ("HAWSER_DIR", "odd"), ("HAWSER_HOST", "127.0.0.1")));
        Assert.EndsWith("/odd", run.Service.Destination(run.Settings), StringComparison.Ordinal);

        Assert.Equal("missing argument PORT; see 'hawser serve upload --help'", Error("serve upload"));
    }

    [Fact]
    public void A_check_explains_where_each_value_comes_from()
    {
        Write("""
            {
              "idle-timeout": "10s",
              "services": { "ping": {
                "model": "epoll" } }
            }
            """);

        string text = Plan($"serve ping --config {Path} --port 0", ("HAWSER_BACKLOG", "7")).Describe();

        Assert.StartsWith("ping\n", text, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^  port +0 +command line$", text);
        Assert.Matches(@"(?m)^  backlog +7 +HAWSER_BACKLOG$", text);
        Assert.Matches($@"(?m)^  idle-timeout +10s +{Path}, line 2$", text);
        Assert.Matches($@"(?m)^  model +epoll +{Path}, line 4$", text);
        Assert.Matches(@"(?m)^  max-connections +10000 +default$", text);
        Assert.Matches(@"(?m)^  host +127\.0\.0\.1 +default$", text);
        Assert.DoesNotContain("config", text.Replace(Path, "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void A_check_says_that_a_port_follows_from_port_base()
    {
        Assert.Matches(@"(?m)^  port +9001 +--port-base$", Plan("serve --port-base 9000").Describe());
        Assert.Matches(
            @"(?m)^  port +9001 +HAWSER_PORT_BASE$", Plan("serve", ("HAWSER_PORT_BASE", "9000")).Describe());
        Assert.Matches(@"(?m)^  port +8000 +default$", Plan("serve").Describe());
    }

    [Theory]
    [InlineData("{ \"idle-timout\": 5 }", "line 1: unknown option 'idle-timout'; did you mean 'idle-timeout'?")]
    [InlineData("{ \"nonsense\": 5 }", "line 1: unknown option 'nonsense'; see 'hawser serve --help'")]
    [InlineData("{\n\"services\": {\n\"pign\": {} } }", "line 3: unknown service 'pign'; did you mean 'ping'?")]
    [InlineData("{ \"services\": { \"ping\": {\n\"qouta\": 1 } } }",
        "line 2: unknown option 'qouta' of ping; see 'hawser serve ping --help'")]
    [InlineData("{ \"services\": { \"ping\": {\n\"no-status\": true }, \"message\": {} } }",
        "line 2: no-status: does not apply to one service; move it out of services")]
    [InlineData("{ \"services\": { \"ping\": { \"metrics\": 9464 } } }",
        "line 1: metrics: does not apply to one service; move it out of services")]
    [InlineData("{\n\"host\": \"\\ud800\" }", "line 2: host: \\u escapes half of a character;")]
    [InlineData("{ \"\\udc00\": 1 }", "line 1: a name: \\u escapes half of a character;")]
    [InlineData("{ \"quota\": 1 }", "line 1: unknown option 'quota'; see 'hawser serve --help'")]
    [InlineData("{ \"config\": \"a\" }", "line 1: unknown option 'config'")]
    [InlineData("{ \"services\": { \"upload\": { \"token\": \"secret\" } } }",
        "line 1: token: secrets come from files; use token-file")]
    [InlineData("{\n\"idle-timeout\":\n5 }", "line 2: idle-timeout: '5' is not a duration")]
    [InlineData("{ \"quiet\": \"yes\" }", "line 1: quiet: expected true or false")]
    [InlineData("{ \"quiet\": true,\n\"quiet\": true }", "line 2: quiet: given twice; give it once")]
    [InlineData("{ \"backlog\": [1, 2] }", "line 1: backlog: given 2 times; give it once")]
    [InlineData("{ \"backlog\": null }", "line 1: backlog: expected a string, a number, true, false, or a list")]
    [InlineData("{ \"backlog\": {} }", "line 1: backlog: expected a string")]
    [InlineData("{ \"services\": [] }", "line 1: services: expected an object")]
    [InlineData("{ \"services\": {} }", "line 1: services: no service")]
    [InlineData("{ \"services\": { \"ping\": 1 } }", "line 1: ping: expected an object")]
    [InlineData("[]", "line 1: the file: expected an object")]
    [InlineData("{\n\"backlog\": 5", "line 2: ")]
    [InlineData("{\n} x", "line 2: ")]
    [InlineData("", "line 1: ")]
    [InlineData("{ \"backlog\": 5, \"services\": { \"ping\": { \"loops\": 2, \"model\": \"async\" } } }",
        "line 1: loops: applies to --model epoll only")]
    public void A_mistake_in_a_file_is_named_with_its_line(string json, string error)
    {
        Write(json);
        Assert.StartsWith($"{Path}, {error}", Error($"serve --config {Path}"), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_of_the_process_concern_all_services()
    {
        Write("""{ "log": "json", "metrics": 9464, "dashboard": "[::1]:0", "no-status": true, "services": { "ping": {}, "message": {} } }""");

        ServePlan plan = Plan($"serve --config {Path} --takeover other", ("HAWSER_TAKEOVER", "path"));

        Assert.True(plan.Reporting.IsJson);
        Assert.Equal([new IPEndPoint(IPAddress.Loopback, 9464)], plan.Reporting.Metrics?.EndPoints);
        Assert.Equal([new IPEndPoint(IPAddress.IPv6Loopback, 0)], plan.Reporting.Dashboard?.Where.EndPoints);
        Assert.Equal(("other", false), (plan.Takeover, plan.HasStatus));
    }

    [Fact]
    public void The_dashboards_token_is_read_from_its_file()
    {
        string line = "serve ping --dashboard 0 --dashboard-token-file";
        Assert.Equal("--dashboard-token-file: applies with --dashboard only",
            Error($"serve ping --dashboard-token-file {Path}"));
        Assert.Equal($"--dashboard-token-file: {Path}: no such file", Error($"{line} {Path}"));
        Write("short");
        Assert.StartsWith($"--dashboard-token-file: {Path}: the first line has 5 bytes", Error($"{line} {Path}"),
            StringComparison.Ordinal);
        Assert.StartsWith($"HAWSER_DASHBOARD_TOKEN_FILE: {Path}: the first line has 5 bytes",
            Error("serve ping --dashboard 0", ("HAWSER_DASHBOARD_TOKEN_FILE", Path)), StringComparison.Ordinal);
        Write("sixteen bytes, or more\n");
        Assert.Equal("sixteen bytes, or more"u8, Plan($"{line} {Path}").Reporting.Dashboard!.Token!());
    }

    [Fact]
    public void A_path_without_room_for_the_temporary_name_is_an_error()
    {
        string longest = new string('x', 90) + "é";
        Assert.Equal(longest, Plan($"serve ping --takeover {longest}").Takeover);
        Write($$"""{ "takeover": "{{longest}}y" }""");
        Assert.Equal($"{Path}, line 1: takeover: '{longest}y' is not a socket's path; use 1 to 92 bytes",
            Error($"serve ping --config {Path}"));
    }

    [Theory]
    [InlineData("serve ping", "HAWSER_IDLE_TIMOUT", "1s",
        "unknown variable HAWSER_IDLE_TIMOUT; did you mean HAWSER_IDLE_TIMEOUT?")]
    [InlineData("serve ping", "HAWSER_IDLE_TIMEOUT", "5", "HAWSER_IDLE_TIMEOUT: '5' is not a duration")]
    [InlineData("serve ping", "HAWSER_QUIET", "1", "HAWSER_QUIET: expected true or false")]
    [InlineData("serve upload 0", "HAWSER_CHECK", "true",
        "HAWSER_CHECK: belongs on the command line, as --check")]
    [InlineData("serve upload 0", "HAWSER_TOKEN", "secret",
        "HAWSER_TOKEN: secrets come from files; use HAWSER_TOKEN_FILE")]
    [InlineData("serve", "HAWSER_PORT", "0",
        "HAWSER_PORT: does not apply to several services; use HAWSER_PORT_BASE")]
    [InlineData("serve", "HAWSER_HOST", "unix:socket", "HAWSER_HOST: a unix: address holds one service; name it")]
    [InlineData("serve ping", "HAWSER_CONFIG", "/none/at/all", "HAWSER_CONFIG: /none/at/all: no such file")]
    public void A_mistake_in_the_environment_is_named_with_its_variable(
        string line, string name, string value, string error) =>
        Assert.StartsWith(error, Error(line, (name, value)), StringComparison.Ordinal);

    [Fact]
    public void Settings_join_a_line_that_ends_its_options()
    {
        string text = Plan("serve upload -- 0 --quiet", ("HAWSER_IDLE_TIMEOUT", "7s")).Describe();

        Assert.Matches(@"(?m)^  idle-timeout +7s +HAWSER_IDLE_TIMEOUT$", text);
        Assert.Matches(@"(?m)^  dir +--quiet +command line$", text);
        Assert.Matches(@"(?m)^  dir +--quiet +HAWSER_DIR$", Plan("serve upload 0", ("HAWSER_DIR", "--quiet")).Describe());
    }

    [Fact]
    public void Variables_of_others_are_ignored()
    {
        Assert.Single(Read("serve ping --port 0", ("HAWSER_SERVICE_HOST", "10.0.0.1"), ("HAWSER_QUOTA", "1GB"),
            ("HAWSERX", "1")));
    }

    private void Write(string json) => File.WriteAllText(Path, json);

    private static ServiceRun One(IReadOnlyList<ServiceRun> runs) => Assert.Single(runs);

    private static IReadOnlyList<ServiceRun> Read(string line, params (string Name, string Value)[] environment) =>
        Plan(line, environment).Services;

    private static string Error(string line, params (string Name, string Value)[] environment) =>
        Assert.Throws<UsageException>(() => Plan(line, environment)).Message;

    private static ServePlan Plan(string line, params (string Name, string Value)[] environment)
    {
        string[] words = line.Split(' ');
        return ServePlan.Read(VerbCatalog.CreateRoot(words).Parse(words), words,
            environment.ToDictionary(variable => variable.Name, variable => variable.Value));
    }
}
