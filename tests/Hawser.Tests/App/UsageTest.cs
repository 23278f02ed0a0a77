using System.Net;
using System.Net.Sockets;
using Hawser.App.CommandLine;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary>Bad input gives one line that says what to do, and an exit code.</summary>
public sealed class UsageTest
{
    private const int Failed = 1;
    private const int Misused = 2;

    public static TheoryData<string, string> Misuses => new()
    {
        { "nonsense", "unknown command 'nonsense'; see 'hawser --help'" },
        { "pnig", "unknown command 'pnig'; did you mean 'ping'?" },
        { "ping 127.0.0.1:80 -n 3", "unknown option '-n'" },
        { "ping 127.0.0.1 8000", "'8000' is a number, not a server; use HOST:PORT, like 127.0.0.1:8000" },
        { "ping -w 0", "--timeout: '0' is too short; use 1ms or more, or never" },
        { "help png", "unknown command 'png'; did you mean 'ping'?" },
        { "help serve pong", "unknown command 'pong'; did you mean 'ping'?" },
        { "numbers 127.0.0.1 20107", "'20107' is a number, not a server; use HOST:PORT, like 127.0.0.1:20107" },
        { "clock 127.0.0.1 5555", "'5555' is a number, not a server; use HOST:PORT, like 127.0.0.1:5555" },
        { "serve ping 8000", "unexpected argument '8000'; use --port 8000" },
        { "upload photo.jpg 127.0.0.1:80", "the server comes first: hawser upload 127.0.0.1:80 photo.jpg" },
        { "ping 127.0.0.1:80 --port 5", "--port: does not apply to 127.0.0.1:80" },
        { "serve message --port 9000", "unknown option '--port'; give PORT alone, without the name of an option" },
        { "serve --port 9000", "unknown option '--port'; did you mean '--port-base'?" },
        { "serve --model epoll", "--model: needs a subcommand, as in 'hawser serve ping --model'" },
        { "pingg", "unknown command 'pingg'; did you mean 'ping'?" },
        { "serve mesage", "unknown command 'mesage'; did you mean 'message'?" },
        { "ping --cuont 5", "unknown option '--cuont'; did you mean '--count'?" },
        { "--nonsense", "unknown option '--nonsense'; see 'hawser --help'" },
        { "serve nonsense", "unknown command 'nonsense'; see 'hawser serve --help'" },
        { "serve ping --nonsense", "unknown option '--nonsense'; see 'hawser serve ping --help'" },
        { "serve --nonsense", "unknown option '--nonsense'" },
        { "ping --nonsense", "unknown option '--nonsense'; see 'hawser ping --help'" },
        { "ping a/b", "'a/b' is not a host name or address" },
        { "ping a b --clients 1", "--clients: 2 servers need 2 clients or more" },
        { "load --duration 0", "--duration: '0' is too short; use 500ms, 5s or 2m" },
        { "lab --clients 0", "--clients: '0' is out of bounds" },
        { "lab --scenario nonsense", "unknown scenario 'nonsense'; use a file or one of aspnet, burst, churn" },
        { "lab --against redis", "--against: 'redis' is not NAME=HOST:PORT or NAME=COMMAND; use c='build/server {port}'" },
        { "lab --nonsense", "unknown option '--nonsense'; see 'hawser lab --help'" },
        { "load --rate fast", "--rate: 'fast' is not a rate; use 500, 50k or 1.5M" },
        { "load --clients 1 --agent a --agent b", "--agent: 2 agents for 1 client; use --clients 2 or more" },
        { "load --clients 2 --agent a --agent a:8005", "--agent: a is named twice; an agent runs one load at a time" },
        { "load --agent a --rehearse", "--rehearse: does not apply beside --agent" },
        { "load --agent a --loops 2", "--loops: does not apply beside --agent" },
        { "load --agent a --tls", "--tls: does not apply beside --agent" },
        { "load --agent a --insecure", "--insecure: applies with --tls only" },
        { "load --agent a --duration 1h", "--agent: agents do not take this load: duration_ms: out of bounds; use above 0" },
        { "load --agent a --clients 200000", "--agent: agents do not take this load: clients: out of bounds; use 1 to" },
        { "load --agent a --agent-token-file missing", "--agent-token-file: missing: no such file" },
        { "load --agent a/b", "--agent: 'a/b' is not a host name or address" },
        { "load --agent-token-file secret", "--agent-token-file: applies with --agent only" },
        { "lab --server-host 10.0.0.1", "--server-host: applies with --agent only" },
        { "load --until soon", "--until: 'soon' is not a latency goal; use p99<1ms" },
        { "upload 127.0.0.1 80 a --nonsense", "unknown option '--nonsense'; see 'hawser upload --help'" },
        { "load --until p99<0ms", "--until: 'p99<0ms' is not a latency goal; use p99<1ms" },
        { "message", "missing argument HOST[:PORT]; see 'hawser message --help'" },
        { "message 127.0.0.1:80 81", "unexpected argument '81': '127.0.0.1:80' has a port already" },
        { "upload", "missing argument HOST:PORT; see 'hawser upload --help'" },
        { "upload 127.0.0.1:8002", "missing argument FILE; see 'hawser upload --help'" },
        { "upload 127.0.0.1 8002", "missing argument FILE; see 'hawser upload --help'" },
        { "upload 127.0.0.1 photo.jpg", "'photo.jpg' is not a port" },
        { "upload verfy received", "unknown command 'verfy'; did you mean 'verify'?" },
        { "upload lst", "unknown command 'lst'; did you mean 'list'?" },
        { "upload lst --sink s3://uploads/a", "unknown command 'lst'; did you mean 'list'?" },
        { "serve upload 8002 in --check --sink s3://uploads/a", "--sink: needs --ledger, which numbers the uploads" },
        { "serve upload 8002 in --check --ledger postgres://db/hawser", "--ledger: needs --sink, where the bytes go" },
        { "serve upload 8002 in --check --ledger postgres://db/hawser --sink s3://uploads/a --sync", "--sync: applies to a folder, not to --sink" },
        { "serve upload 8002 in --check --ledger postgres://db --sink s3://uploads/a", "--ledger: names no database; use postgres://USER@HOST:PORT/DATABASE" },
        { "serve upload 8002 in --check --ledger postgres://db/hawser --sink s3:///a", "--sink: names no bucket; use s3://BUCKET/PREFIX" },
        { "serve upload 8002 in --ledger postgres://db/hawser --sink s3://uploads/a?endpoint=ftp://x", "--sink: after '?' only endpoint=http://HOST:PORT may follow" },
        { "serve upload 8002 in --check --lease 5s", "--lease: applies only with --ledger and --sink" },
        { "serve upload 8002 in --check --manifest --hash none", "--manifest: needs a hash; use --hash sha256 or xxh128" },
        { "numbers chek 0.txt", "unknown command 'chek'; did you mean 'check'?" },
        { "numbers check 0.txt", "missing option --seed; see 'hawser numbers check --help'" },
        { "numbers --plain --compare", "--compare: does not apply with --plain" },
        { "numbers --plain --parallel 2", "--parallel: does not apply with --plain" },
        { "clock repot out.txt", "unknown command 'repot'; did you mean 'report'?" },
        { "clock --interval 1h", "--interval: '1h' is out of bounds; use 1 ms to 60 s" },
        { "clock --interval 10ms --duration 5ms", "--duration: shorter than --interval" },
        { "clock --clients 3 --members 2", "--members: 2 is less than 3 clients here" },
        { "clock --no-exchange --peer-networks ::/0", "--peer-networks: does not apply with --no-exchange" },
        { "ping 127.0.0.1 --host 127.0.0.1", "--host: does not apply beside HOST[:PORT]" },
        { "serve ping --takeover --check", "--takeover: missing value before '--check'" },
        { "serve ping --takeover --chekc", "--takeover: missing value before unknown option '--chekc'; did you mean '--check'?" },
        { "serve ping --takeover --x=y", "--takeover: missing value before unknown option '--x'; see 'hawser serve ping --help'" },
        { "serve ping --takeover --dashboard 9465", "--takeover: missing value before '--dashboard'" },
        { "serve ping --dashboard --dashboard-token-file x", "--dashboard: missing value before '--dashboard-token-file'" },
        { "serve ping --config --metrics 1", "--config: missing value before '--metrics'" },
        { "serve ping --deny 10.0.0.0/8 --deny --chekc", "--deny: missing value before unknown option '--chekc'" },
        { "status close 3 --server --jsn", "--server: missing value before unknown option '--jsn'" },
        { "serve --host --port 9", "--host: missing value before unknown option '--port'; did you mean '--port-base'?" },
        { "status limits set --idle-timeout 5s", "unknown option '--idle-timeout'; use idle-timeout=VALUE" },
        { "status --server close 3", "--server: missing value before 'close'" },
        { "ping --count -- 3", "--count: missing value before '--'" },
        { "ping -c -i 5", "--count: missing value before '-i'" },
        { "ping --count --help", "--count: missing value before '--help'" },
        { "cert --out --json", "--out: missing value before '--json'" },
        { "serve ping --dashboard unix:/tmp/x", "--dashboard: 'unix:/tmp/x' is not [ADDRESS:]PORT; use 9465" },
        { "serve ping 127.0.0.1:8000", "unexpected argument '127.0.0.1:8000'; use --host 127.0.0.1 --port 8000" },
        { "serve ping [::1]:8000", "unexpected argument '[::1]:8000'; use --host ::1 --port 8000" },
        { "serve ping 127.0.0.1", "unexpected argument '127.0.0.1'; use --host 127.0.0.1" },
        { "serve ping :8000", "unexpected argument ':8000'; use --port 8000" },
        { "serve ping unix:/tmp/x", "unexpected argument 'unix:/tmp/x'; use --host unix:/tmp/x" },
        { "serve 127.0.0.1:8000", "unexpected argument '127.0.0.1:8000'; use --host 127.0.0.1 --port-base 8000" },
        { "serve 8000", "unexpected argument '8000'; use --port-base 8000" },
        { "serve message 8001 127.0.0.1:8001", "unexpected argument '127.0.0.1:8001'; use --host 127.0.0.1" },
        { "serve message 127.0.0.1:8001", "PORT: '127.0.0.1:8001' is an address, not a port; give the address as --host 127.0.0.1" },
        { "serve ping --port 1.5", "--port: '1.5' is not a port" },
        { "agent 10.0.0.2:8005", "unexpected argument '10.0.0.2:8005'; use --host 10.0.0.2 --port 8005" },
        { "status ping", "unexpected argument 'ping'; use --server ping" },
        { "status limits [::1]:8000", "unexpected argument '[::1]:8000'; use --server [::1]:8000" },
        { "status clsoe", "unknown command 'clsoe'; did you mean 'close'?" },
        { "status close ping 3", "ID: 'ping' is not a connection's number" },
        { "status close 3 ping", "unexpected argument 'ping'; use --server ping" },
        { "top 8000", "unexpected argument '8000'; use --server 8000" },
        { "top nonsense", "unexpected argument 'nonsense'; see 'hawser top --help'" },
        { "status --server 127.0.0.1", "--server: '127.0.0.1' has no port; use 127.0.0.1:8000, or the port alone" },
        { "top --server [::1]", "--server: '[::1]' has no port; use [::1]:8000, or the port alone" },
        { "status close 8 9", "unexpected argument '9'; see 'hawser status close --help'" },
        { "serve ping --metrics 0.0.0.0", "--metrics: '0.0.0.0' is not [ADDRESS:]PORT; use 9464" },
        { "top --server ::1", "--server: '::1' has no port; use [::1]:8000, or the port alone" },
        { "serve ping --threads 4", "--threads: applies to --model pool only" },
        { "serve ping --loops 1 --model select", "--loops: applies to --model epoll only" },
        { "serve ping --port 0 --host unix:socket", "--port: does not apply to a unix: address" },
        { "serve ping --model epol", "--model: unknown model 'epol'; did you mean 'epoll'?" },
        { "serve --host unix:socket", "--host: a unix: address holds one service; name it" },
        { "message --nonsense 80", "unknown option '--nonsense'; see 'hawser message --help'" },
        { "message 127.0.0.1 80 word", "unexpected argument 'word'" },
        { "serve message", "missing argument PORT; see 'hawser serve message --help'" },
        { "demo word", "unexpected argument 'word'" },
        { "@file", "unknown command '@file'" },
        { "ping --port -1", "--port: '-1' is out of bounds; use a whole number from 1 to 65535" },
        { "ping --port 0", "'0' is out of bounds" },
        { "ping --port abc", "'abc' is not a port" },
        { "ping --port 70000", "'70000' is out of bounds" },
        { "ping --port", "--port: missing value; see 'hawser ping --help'" },
        { "ping --port 1 --port 2", "--port: given 2 times; give it once" },
        { "message 127.0.0.1 -1", "'-1' is out of bounds" },
        { "message 127.0.0.1 abc", "'abc' is not a port" },
        { "message 127.0.0.1 70000", "'70000' is out of bounds" },
        { "message a/b 80", "'a/b' is not a host name or address" },
        { "message 127.0.0.1 80 --wait soon", "'soon' is not a duration" },
        { "serve ping --port -1", "'-1' is out of bounds; use a whole number from" },
        { "serve ping --port abc", "'abc' is not a port" },
        { "serve ping --port 70000", "'70000' is out of bounds" },
        { "serve message -1", "'-1' is out of bounds" },
        { "serve message abc", "'abc' is not a port" },
        { "serve message 70000", "'70000' is out of bounds" },
        { "serve --port-base 70000", "'70000' is out of bounds" },
        { "serve ping --model nonsense", "unknown model 'nonsense'; use one of sequential, select, threads" },
        { "serve ping --threads 0", "--threads: '0' is out of bounds; use a whole number from 1" },
        { "serve ping --loops many", "--loops: 'many' is not a number" },
        { "serve ping --backlog 0", "--backlog: '0' is out of bounds" },
        { "serve ping --max-connections 0", "--max-connections: '0' is out of bounds" },
        { "serve ping --idle-timeout 5", "--idle-timeout: '5' is not a duration; use 500ms, 5s, 2m or never" },
        { "serve ping --drain-timeout -1s", "'-1s' is not a duration" },
        { "serve ping --work never", "'never' is not a duration" },
        { "serve ping --slow-client 1", "'1' is not ID=DURATION; use 1=5s" },
        { "serve ping --slow-client a=5s", "'a=5s' is not ID=DURATION" },
        { "serve ping --slow-client 1=5", "'5' is not a duration" },
        { "serve ping --host unix:", "'' is not a socket's path" },
        { "serve ping --host unix:/nonexistent/folder/socket", "there is no folder for the socket" },
        { "serve message 0 --order nonsense", "unknown order 'nonsense'; use completion, arrival or interleave" },
        { "serve message 0 --max-bytes much", "--max-bytes: 'much' is not a size; use 1500, 64KiB" },
        { "serve message 0 --spool-limit -1", "--spool-limit: '-1' is not a size" },
        { "serve message 0 --stall-timeout 0", "--stall-timeout: '0' is too short; use 10ms or more, or never" },
        { "serve message 0 --min-rate 5/s", "--min-rate: '5/s' is not a size" },
        { "serve ping --max-per-address 0", "--max-per-address: '0' is out of bounds; use a whole number from 1" },
        { "serve ping --accept-rate 0", "--accept-rate: '0' is not a rate; use 500, 50k or 1.5M" },
        { "serve ping --allow 10.1.2.3/8", "--allow: '10.1.2.3/8' has bits beyond its prefix; use 10.0.0.0/8" },
        { "serve ping --deny 10.0.0.0/8 --deny ten", "--deny: 'ten' is not an address or network; use 192.0.2.7" },
        { "serve ping --deny @/nonexistent/list", "--deny: /nonexistent/list: no such file" },
        { "serve ping --deny", "--deny: missing value" },
        { "serve ping --min-rate 240", "--min-rate: '240' is not a rate with its period; use 240/5s or 64kB/10s" },
        { "serve ping --min-rate 240/5", "--min-rate: '5' is not a duration" },
        { "serve ping --min-rate 0/5s", "--min-rate: '0/5s' is too little; use 1/100ms or more" },
        { "serve ping --max-connection-bytes 0", "--max-connection-bytes: '0' is too small; use 1 or more" },
        { "serve ping --total-timeout 0", "--total-timeout: '0' is too short; use 1ms or more, or never" },
        { "serve ping --rate-limit 10MB/m", "--rate-limit: '10MB/m' is not a rate; use 64kB/s, 10MB/s or 1GiB/s" },
        { "serve ping --connection-rate-limit 0", "--connection-rate-limit: '0' is not a rate; use 64kB/s" },
        { "ping --num-clients 0", "--clients: '0' is out of bounds; use a whole number from 1 to 1000000" },
        { "ping --count x", "--count: 'x' is not a number" },
        { "load --json=yes", "--json: takes no value" },
        { "numbers --plain:1", "--plain: takes no value" },
        { "clock -d 48h", "--duration: '48h' is out of bounds; use 1 ms to 24 h" },
        { "ping --interval never", "--interval: 'never' is not a duration" },
        { "status --server x drain", "--server: place it after 'drain'" },
        { "status --json close 3", "--json: does not apply to 'hawser status close'; see 'hawser status close --help'" },
        { "status --json limits set idle-timeout=1m", "--json: does not apply to 'hawser status limits set'" },
        { "serve --port-base 9000 ping", "--port-base: does not apply to 'hawser serve ping'" },
        { "serve --log json ping", "--log: place it after 'ping'" },
        { "numbers 127.0.0.1:1 check f --seed 1 --index 0", "unexpected argument '127.0.0.1:1' before 'check'; see 'hawser numbers check --help'" },
        { "upload 127.0.0.1:1 verify received", "unexpected argument '127.0.0.1:1' before 'verify'" },
        { "--json status", "--json: place it after 'status'" },
        { "--nonsense status", "unknown option '--nonsense'; see 'hawser status --help'" },
        { "nonsense status", "unknown command 'nonsense'; see 'hawser --help'" },
        { "serve ping -- --check", "unexpected argument '--check'; place it before '--'" },
        { "-- ping", "unexpected argument 'ping'; place it before '--'" },
        { "numbers check --seed 1 --index 0 -- -x -y", "unexpected argument '-y'" },
        { "serve ping --chekc=5", "unknown option '--chekc'; did you mean '--check'?" },
    };

    [Theory]
    [MemberData(nameof(Misuses))]
    public async Task Misuse_prints_one_line_with_a_remedy(string arguments, string part)
    {
        // The message exercise asks for 1.
        string[] words = arguments.Split(' ');
        bool isMessage = words[0] == "message" || words is ["serve", "message", ..];

        (await ProgramProcess.RunAsync(words)).IsError(isMessage ? Failed : Misused, part);
    }

    [Theory]
    [InlineData("--out", "numbers")]
    [InlineData("--session", "clock")]
    [InlineData("--count", "ping")]
    [InlineData("--out", "serve", "clock")]
    public async Task An_empty_value_is_refused(string option, params string[] verb) =>
        (await ProgramProcess.RunAsync([.. verb, option, ""])).IsError(Misused, $"{option}: the value is empty");

    [Theory]
    [InlineData("ping")]
    [InlineData("load")]
    [InlineData("message")]
    [InlineData("numbers")]
    [InlineData("clock")]
    [InlineData("upload", "file")]
    public async Task A_missing_unix_socket_is_reported(string verb, params string[] more) =>
        (await ProgramProcess.RunAsync([verb, "unix:/nonexistent/socket", .. more]))
            .IsError(Failed, "unix:/nonexistent/socket: no such socket; is the server running?");

    [Theory]
    [InlineData("clock report /", "/: is a folder, not a file")]
    [InlineData("clock report nosuch", "nosuch: no such file")]
    [InlineData("numbers check / --seed 1 --index 0", "/: is a folder, not a file")]
    [InlineData("numbers check nosuch --seed 1 --index 0", "nosuch: no such file")]
    [InlineData("clock --session-file nosuch", "nosuch: no such file")]
    [InlineData("lab --out /dev/null", "--out: /dev/null is a file, not a folder")]
    [InlineData("ping unix:/", "unix:/: not a socket")]
    [InlineData("ping unix:/etc/passwd", "unix:/etc/passwd: not a socket")]
    [InlineData("clock report /dev/null --html page", "/dev/null: empty, not a recording")]
    [InlineData("clock report /dev/null --html /", "--html: / is a folder, not a file")]
    [InlineData("clock report /dev/null --html /nosuch/page", "--html: /nosuch/page: no such folder")]
    [InlineData("upload verify nosuch", "nosuch: no such folder")]
    [InlineData("ping unix:/dev/null", "unix:/dev/null: not a socket")]
    public async Task An_unusable_path_is_reported(string arguments, string part) =>
        (await ProgramProcess.RunAsync(arguments.Split(' '))).IsError(Failed, part);

    [Fact]
    public async Task An_empty_file_in_place_of_a_socket_is_reported()
    {
        string empty = Path.GetTempFileName();
        try
        {
            (await ProgramProcess.RunAsync("ping", $"unix:{empty}")).IsError(Failed, $"unix:{empty}: not a socket");
        }
        finally
        {
            File.Delete(empty);
        }
    }

    [Fact]
    public async Task Help_of_a_command_line_takes_its_words_up_to_the_first_option() =>
        Assert.Contains("--count", (await ProgramProcess.RunAsync("help", "ping", "-c")).Text, StringComparison.Ordinal);

    [Theory]
    [InlineData(typeof(ArgumentException), 70)]
    [InlineData(typeof(FormatException), 70)]
    [InlineData(typeof(InvalidOperationException), 70)]
    [InlineData(typeof(IOException), 1)]
    [InlineData(typeof(ProtocolException), 1)]
    public void Only_what_is_neither_misuse_nor_a_failure_is_an_internal_error(Type type, int exitCode)
    {
        using var errors = new StringWriter();
        var fault = (Exception)Activator.CreateInstance(type, "a line\nor two")!;

        Assert.Equal(exitCode, FaultReport.Write(fault, Misused, errors));

        string[] lines = errors.ToString().Split('\n');
        if (exitCode == 1)
        {
            Assert.Equal(["ERROR: a line or two", ""], lines);
        }
        else
        {
            Assert.StartsWith("ERROR: internal error: a line", lines[0], StringComparison.Ordinal);
            Assert.StartsWith($"{type.FullName}: a line", lines[1], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("serve ping --model ", "epoll", "multi-thread")]
    [InlineData("serve m", "message")]
    [InlineData("pi", "ping")]
    public async Task Verbs_services_and_models_are_completed(string typed, params string[] completions)
    {
        ProgramResult result = await ProgramProcess.RunAsync($"[suggest:{typed.Length}]", typed);

        result.IsDone();
        Assert.Subset(result.Text.Split('\n').ToHashSet(), completions.ToHashSet());
    }

    [Theory]
    [InlineData("message host.invalid 80", "cannot resolve 'host.invalid'")]
    [InlineData("ping --host host.invalid", "cannot resolve 'host.invalid'")]
    public async Task An_unresolvable_host_name_is_reported(string arguments, string part) =>
        (await ProgramProcess.RunAsync(arguments.Split(' '))).IsError(Failed, part);

    [Theory]
    [InlineData("message 127.0.0.1 {0}")]
    [InlineData("ping --port {0}")]
    [InlineData("message 127.0.0.1:{0}")]
    [InlineData("upload 127.0.0.1:{0} /dev/null")]
    [InlineData("upload 127.0.0.1 {0} /dev/null")]
    public async Task A_refused_connection_is_reported(string arguments)
    {
        // Bound and not listening: nobody else gets the port, and nobody answers at it.
        using Socket closed = Bound();

        ProgramResult result = await ProgramProcess.RunAsync(WithPort(arguments, closed));

        result.IsError(Failed, "refused the connection; is the server running there?");
    }

    [Theory]
    [InlineData("message 127.0.0.1 {0}")]
    [InlineData("ping --port {0}")]
    public async Task A_connect_to_a_full_backlog_times_out(string arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a full backlog answers differently elsewhere");
        using Socket full = Bound();
        full.Listen(0);
        // The first one takes the only place; Linux drops what comes later.
        Socket[] waiting = [.. Enumerable.Range(0, 4).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp))];
        Task[] connecting = [.. waiting.Select(socket => socket.ConnectAsync(full.LocalEndPoint!))];
        await Task.WhenAny(connecting).Bounded();

        ProgramResult result = await ProgramProcess.RunAsync(WithPort(arguments, full));

        result.IsError(Failed, "no answer from 127.0.0.1:");
        foreach (Socket socket in waiting)
            socket.Dispose();
    }

    [Theory]
    [InlineData("serve ping --port {0}")]
    [InlineData("serve message {0} --host 127.0.0.1")]
    public async Task A_port_in_use_is_reported(string arguments)
    {
        using Socket taken = Bound();
        taken.Listen();

        ProgramResult result = await ProgramProcess.RunAsync(WithPort(arguments, taken));

        result.IsError(Failed, $"port {((IPEndPoint)taken.LocalEndPoint!).Port} is already in use; ");
    }

    [Fact]
    public async Task A_listen_address_of_another_host_is_reported() =>
        (await ProgramProcess.RunAsync("serve", "ping", "--host", "192.0.2.1", "--port", "0"))
            .IsError(Failed, "192.0.2.1 is not an address of this machine");

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static string[] WithPort(string arguments, Socket socket) => string.Format(
        System.Globalization.CultureInfo.InvariantCulture, arguments, ((IPEndPoint)socket.LocalEndPoint!).Port).Split(' ');
}
