using System.CommandLine;
using Hawser.App.Output;
using Hawser.App.Reports;
using Hawser.Services.Clock;
using Hawser.Services.Clock.Statistics;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser clock [HOST]</c>: clients of a clock server; <c>hawser clock report FILE...</c>: what recordings
/// tell.</summary>
internal static class ClockVerb
{
    private const int MostTroubles = 10;

    public static Command Create()
    {
        var verb = new Command(
            "clock", "Exchange timestamps with a clock server, then recordings with its other clients.");
        var host = new Argument<string>("HOST")
        {
            Description = "the server's name or address",
            DefaultValueFactory = _ => "127.0.0.1",
        };
        Option<string> port = VerbOptions.Text("--port", "PORT", "the server's port", "5555");
        Option<string> clients = VerbOptions.Text("--clients", "N", "clients in this process (default: 1, or asked)");
        Option<string> interval = VerbOptions.Text("--interval", "TIME", "between ticks, 1ms to 60s", "10ms");
        Option<string> duration = VerbOptions.Text("--duration", "TIME", "to record, up to 24h", "5m");
        Option<string> folder = VerbOptions.Text(
            "--out", "DIR", "where the recordings go; made if it is missing", "out");
        var alone = new Option<bool>("--no-exchange") { Description = "record only; neither give nor take recordings" };
        Option<string> session = VerbOptions.Text(
            "--session", "NAME", "meet only clients that name the same session (default: one open to anyone)");
        Option<string> sessionFile = VerbOptions.Text(
            "--session-file", "FILE", "the same, with the name in a file: a secret");
        Option<string> members = VerbOptions.Text(
            "--members", "N", "fail with 3 if the session has fewer members (default: the clients in this process)");
        Option<string> networks = VerbOptions.Text(
            "--peer-networks", "LIST", "connect to peers in these networks only, like 10.0.0.0/8,fd00::/8");
        Option<string> ports = VerbOptions.Text(
            "--peer-ports", "RANGE", "listen for peers at these ports, like 5000-6000 (default: the system's choice)");
        var json = new Option<bool>("--json") { Description = "print the report as JSON" };
        verb.Add(host);
        foreach (Option option in (Option[])
            [port, clients, interval, duration, folder, session, sessionFile, members, networks, ports, alone, json])
            verb.Add(option);
        verb.Add(CreateReport());
        verb.SetAction((parsed, _) => RunAsync(
            new ClockClientOptions
            {
                Server = VerbOptions.ParseTarget(parsed.GetValue(host)!, parsed.GetValue(port)!),
                Folder = parsed.GetValue(folder)!,
                Interval = Quantity.ParseDuration(parsed.GetValue(interval)!),
                Duration = Quantity.ParseDuration(parsed.GetValue(duration)!),
                Clients = ParseClients(parsed.GetValue(clients) ?? AskForClients()),
                Swap = !parsed.GetValue(alone),
                Session = SessionName.From(parsed.GetValue(session), parsed.GetValue(sessionFile)),
                Members = parsed.GetValue(members) is { } count
                    ? Quantity.ParseInt(count, "number of --members", 1, 10_000)
                    : null,
                PeerPorts = parsed.GetValue(ports) is { } range ? PortRange.Parse(range) : null,
                PeerNetworks = parsed.GetValue(networks) is { } list ? ClockClientOptions.ParseNetworks(list) : null,
            },
            parsed.GetValue(json)));
        return verb;
    }

    private static Command CreateReport()
    {
        var report = new Command("report", "Tell what recordings say of delay, jitter, offset and drift.");
        var files = new Argument<string[]>("FILE")
        {
            Description = "recordings; a client's companion (.exchanges.tsv) is found beside it",
            Arity = ArgumentArity.OneOrMore,
        };
        var json = new Option<bool>("--json") { Description = "print it as JSON" };
        Option<string> html = VerbOptions.Text("--html", "FILE", "write it as one self-contained page with plots");
        report.Add(files);
        report.Add(json);
        report.Add(html);
        report.SetAction(parsed =>
        {
            ClockReport found = ClockReport.FromFiles(parsed.GetValue(files)!);
            if (parsed.GetValue(html) is { } page)
                File.WriteAllText(page, ClockReportPage.Of(found));
            Standard.Out.Write(parsed.GetValue(json) ? found.ToJson() + "\n" : ClockReportText.Of(found));
            return found.IsCut ? ExitCode.PartlyDone : ExitCode.Done;
        });
        return report;
    }

    private static async Task<int> RunAsync(ClockClientOptions options, bool json)
    {
        using var signal = new StopSignal();
        ClockRun run = await ClockClients.RunAsync(options, json ? Standard.Error : Standard.Out, signal.Token);
        if (json || run.Report.Clients.Count > 0)
            Standard.Out.Write(json ? run.Report.ToJson() + "\n" : ClockReportText.Of(run.Report));
        foreach (string trouble in run.Troubles.Take(MostTroubles))
            Standard.Error.WriteLine($"ERROR: {Printable.Line(trouble)}");
        if (run.Troubles.Count > MostTroubles)
            Standard.Error.WriteLine($"ERROR: and {run.Troubles.Count - MostTroubles} more clients had trouble");
        return run.IsComplete ? ExitCode.Done
            : run.Report.Clients.Count > 0 ? ExitCode.PartlyDone
            : ExitCode.Failed;
    }

    private static int ParseClients(string text) => Quantity.ParseInt(text, "number of clients", 1, 10_000);

    private static string AskForClients()
    {
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
            return "1";
        Standard.Error.Write("How many clients? [1] ");
        return Console.ReadLine() is { } answer && answer.Trim() is { Length: > 0 } number ? number : "1";
    }
}
