using System.CommandLine;
using System.Net;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.App.Reports;
using Hawser.App.Tls;
using Hawser.Limits;
using Hawser.Services.Clock;
using Hawser.Services.Clock.Statistics;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser clock [HOST[:PORT]]</c>: clients of a clock server; <c>hawser clock report FILE...</c>: figures
/// from recordings.</summary>
internal sealed class ClockVerb
{
    private const int MostClients = 10_000;
    private const int MostTroubles = 10;

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(1);

    private readonly ServerArguments _servers = new(5555, ArgumentArity.ZeroOrOne);

    private readonly ClientTls _tls = new("clock");

    private readonly Option<int?> _clients = VerbOptions.Value<int?>(
        "--clients", "N", "clients in this process [default: 1; on a terminal it asks]", text => ParseClients(text), null,
        "--num-clients");

    private readonly Option<TimeSpan> _duration = VerbOptions.Value("--duration", "TIME", "how long to record, at most 24h",
        text => ParseBetween(text, ShortestInterval, LongestDuration), "5m", "-d");

    private readonly Option<TimeSpan> _interval = VerbOptions.Value("--interval", "TIME", "time between ticks, 1ms to 1m",
        text => ParseBetween(text, ShortestInterval, LongestInterval), "10ms", "-i");

    private readonly Option<string> _out =
        VerbOptions.Text("--out", "DIR", "folder of the recordings; created if missing", "out");

    private readonly Option<bool> _alone =
        VerbOptions.Flag("--no-exchange", "record only; neither give nor take recordings");

    private readonly Option<string> _session = VerbOptions.Text(
        "--session", "NAME", "meet only clients that name the same session [default: one open to anyone]");

    private readonly Option<string> _sessionFile =
        VerbOptions.Text("--session-file", "FILE", "the same, with the name in a file: a secret");

    private readonly Option<int?> _members = VerbOptions.OptionalInt("--members",
        "exit code 3 if the session has fewer members [default: the clients in this process]", 1, MostClients);

    private readonly Option<AddressList?> _networks = VerbOptions.Value<AddressList?>(
        "--peer-networks", "LIST", "connect to peers in these networks only, like 10.0.0.0/8,fd00::/8",
        text => AddressList.Parse(text.Split(',')));

    private readonly Option<PortRange?> _ports = VerbOptions.Value<PortRange?>(
        "--peer-ports", "RANGE", "listen for peers at these ports, like 5000-6000 [default: the system's choice]",
        text => PortRange.Parse(text));

    private readonly Option<bool> _json = VerbOptions.Flag("--json", "print the report as a line of JSON");

    public static Command Create()
    {
        var verb = new ClockVerb();
        var command = new VerbCommand(
            "clock", "Exchange timestamps with a clock server, then recordings with its other clients.")
        {
            Examples =
            [
                "hawser clock 127.0.0.1:5555 --clients 3 -d 5s",
                "hawser clock report out/client_0_TimeData.txt --html report.html",
            ],
        };
        command.AddGroup(
            VerbOptions.Common, verb._clients, verb._duration, verb._interval, verb._out, verb._json);
        command.AddGroup("Exchange of recordings", verb._alone, verb._session, verb._sessionFile, verb._members,
            verb._networks, verb._ports);
        verb._servers.AddTo(command);
        verb._tls.AddTo(command);
        command.Add(CreateReport());
        command.SetAction((parsed, _) => verb.RunAsync(parsed));
        return command;
    }

    private static VerbCommand CreateReport()
    {
        var report = new VerbCommand("report", "Compute delay, jitter, offset and drift from recordings.")
        {
            Examples = ["hawser clock report out/client_0_TimeData.txt --html report.html"],
        };
        var files = new Argument<string[]>("FILE")
        {
            Description = "recordings; a client's companion (.exchanges.tsv) is found beside it",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string> html = VerbOptions.Text("--html", "FILE", "write one self-contained page with plots");
        Option<bool> json = VerbOptions.Flag("--json", "print a line of JSON");
        report.Add(files);
        report.AddGroup(VerbOptions.Common, html, json);
        report.SetAction(parsed =>
        {
            Array.ForEach(parsed.GetValue(files)!, UsageException.RequireFile);
            string? page = parsed.GetValue(html);
            if (page is not null)
                RequireWritable(html.Name, page);
            if (parsed.GetValue(files)!.FirstOrDefault(file => new FileInfo(file).Length == 0) is { } empty)
                throw new IOException($"{empty}: empty, not a recording");
            ClockReport found = UsageException.Guard(() => ClockReport.FromFiles(parsed.GetValue(files)!));
            if (page is not null)
                File.WriteAllText(page, ClockReportPage.Of(found));
            Standard.Out.Write(parsed.GetValue(json) ? found.ToJson() + "\n" : ClockReportText.Of(found));
            return found.IsCut ? ExitCode.PartlyDone : ExitCode.Done;
        });
        return report;
    }

    private static void RequireWritable(string option, string path)
    {
        if (Directory.Exists(path))
            throw new IOException($"{option}: {path} is a folder, not a file");
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
            throw new IOException($"{option}: {path}: no such folder");
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        if (parsed.GetValue(_sessionFile) is { } secret)
            UsageException.RequireFile(secret);
        EndPoint server = _servers.Parse(parsed)[0];
        var options = new ClockClientOptions
        {
            Server = server,
            Layers = _tls.Read(parsed)(server),
            Folder = parsed.GetValue(_out)!,
            Interval = parsed.GetValue(_interval),
            Duration = parsed.GetValue(_duration),
            Clients = parsed.GetValue(_clients) ?? AskForClients(),
            Swap = !parsed.GetValue(_alone),
            Session = UsageException.Guard(
                () => SessionName.From(parsed.GetValue(_session), parsed.GetValue(_sessionFile))),
            Members = parsed.GetValue(_members),
            PeerPorts = parsed.GetValue(_ports),
            PeerNetworks = parsed.GetValue(_networks),
        };
        if (options.Duration < options.Interval)
            throw new UsageException($"{_duration.Name}: shorter than {_interval.Name}");
        if (options.Members < options.Clients)
            throw new UsageException($"{_members.Name}: {options.Members} is less than {options.Clients} clients here");
        if (!options.Swap && parsed.Has(_networks))
            throw new UsageException($"{_networks.Name}: does not apply with {_alone.Name}");
        return await RunAsync(options, parsed.GetValue(_json));
    }

    private static async Task<int> RunAsync(ClockClientOptions options, bool json)
    {
        var signal = new StopSignal();
        ClockRun run = await TimeProgress.RunAsync("recording", options.Duration,
            () => ClockClients.RunAsync(options, json ? Standard.Error : Standard.Out, signal.Token));
        if (json || run.Report.Clients.Count > 0)
            Standard.Out.Write(json ? run.Report.ToJson() + "\n" : ClockReportText.Of(run.Report));
        foreach (string trouble in run.Troubles.Take(MostTroubles))
            Standard.Error.WriteLine($"ERROR: {Printable.Line(trouble)}");
        if (run.Troubles.Count > MostTroubles)
            Standard.Error.WriteLine($"ERROR: {run.Troubles.Count - MostTroubles} more clients failed");
        return run.IsComplete ? ExitCode.Done
            : run.Report.Clients.Count > 0 ? ExitCode.PartlyDone
            : ExitCode.Failed;
    }

    private static int ParseClients(string text) => Quantity.ParseInt(text, "number of clients", 1, MostClients);

    private static TimeSpan ParseBetween(string text, TimeSpan shortest, TimeSpan longest) =>
        Quantity.ParseDuration(text) is var duration && duration >= shortest && duration <= longest
            ? duration
            : throw new FormatException($"'{text}' is out of bounds; "
                + $"use {Quantity.FormatDuration(shortest)} to {Quantity.FormatDuration(longest)}");

    private static int AskForClients()
    {
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
            return 1;
        Standard.Error.Write("How many clients? [1] ");
        return Console.ReadLine()?.Trim() is { Length: > 0 } answer
            ? UsageException.Guard(() => ParseClients(answer))
            : 1;
    }
}
