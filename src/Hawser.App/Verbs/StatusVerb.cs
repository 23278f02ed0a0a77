using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.App.Status;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser status</c>: the running servers, their connections and limits, and how to change them.</summary>
internal sealed class StatusVerb
{
    private const int DefaultConnections = 100;

    private readonly ServerChoice.Options _choice = new();

    private readonly Option<int?> _connections = VerbOptions.OptionalInt("--connections",
        $"connections to list of each server [default: {DefaultConnections}; all with --json]", 0,
        StatusProtocol.MostAnswers);

    private readonly Option<string> _sort = VerbOptions.Value(
        "--sort", "ORDER", $"the order of connections: {string.Join(", ", StatusProtocol.Orders)}",
        StatusProtocol.ParseOrder, StatusProtocol.Orders[0]);

    private readonly Option<bool> _json =
        VerbOptions.Flag("--json", "print each server and connection as a line of JSON");

    public static Command Create()
    {
        var verb = new StatusVerb();
        var command = new VerbCommand("status", "Show the running servers of this user, their limits and connections.")
        {
            Examples = ["hawser status", "hawser status --server 8000 --sort idle --connections 10"],
        };
        verb._choice.AddTo(command, verb._connections, verb._sort, verb._json);
        command.SetAction((parsed, cancel) => verb.ShowAsync(parsed, cancel));
        command.Add(CreateClose());
        command.Add(CreateDrain());
        command.Add(CreateLimits());
        return command;
    }

    private static VerbCommand CreateClose()
    {
        Argument<long> id = VerbOptions.Argument("ID", "the number of the connection", text =>
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                ? number
                : throw new FormatException($"'{text}' is not a connection's number"));
        var choice = new ServerChoice.Options();
        var command = new VerbCommand("close", "Reset a connection.")
        {
            Examples = ["hawser status close 17 --server ping"],
        };
        command.Add(id);
        choice.AddTo(command);
        command.SetAction((parsed, cancel) => ActAsync(
            choice.Read(parsed), target => new CloseRequest { Server = target.Name, Id = parsed.GetValue(id) },
            target => $"closed connection {parsed.GetValue(id)} of {target.Label()}", cancel));
        return command;
    }

    private static VerbCommand CreateDrain()
    {
        var choice = new ServerChoice.Options();
        var command = new VerbCommand(
            "drain", "Stop a server, and all others of its process, as SIGTERM does: conversations may finish.")
        {
            Examples = ["hawser status drain --server 8000"],
        };
        choice.AddTo(command);
        command.SetAction((parsed, cancel) => ActAsync(
            choice.Read(parsed), _ => new DrainRequest(), target => $"draining {target.Label()}", cancel,
            isOfProcess: true));
        return command;
    }

    private static VerbCommand CreateLimits()
    {
        var command = new VerbCommand("limits", "Show the limits of the servers.")
        {
            Examples = ["hawser status limits", "hawser status limits set max-connections=200 idle-timeout=1m"],
        };
        var shown = new ServerChoice.Options();
        Option<bool> json = VerbOptions.Flag("--json", "print each server as a line of JSON");
        shown.AddTo(command, json);
        command.SetAction(async (parsed, cancel) =>
        {
            var request = new ListRequest { Connections = 0 };
            foreach (RunningServer running in await RunningServer.FindAsync(shown.Read(parsed), request, cancel))
            {
                using (running)
                {
                    if (parsed.GetValue(json))
                    {
                        WriteJson([running.Status]);
                        continue;
                    }
                    Standard.Out.WriteLine(Printable.Line(running.Status.Label()));
                    Write(StatusText.Describe(running.Status.Limits, withChangeable: true));
                }
            }
            return ExitCode.Done;
        });
        var set = new VerbCommand("set", "Change limits of a running server, all or none.")
        {
            Examples = ["hawser status limits set max-connections=200 idle-timeout=1m --server ping"],
        };
        var values = new Argument<(string Name, string Value)[]>("NAME=VALUE")
        {
            Description = $"as the option of serve; these can change: {string.Join(", ", LimitOptions.Changeable)}",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result =>
                [.. result.Tokens.Select(token => VerbOptions.Parse("NAME=VALUE", result, token.Value, ParseChange))],
        };
        var changed = new ServerChoice.Options();
        set.Add(values);
        changed.AddTo(set);
        set.SetAction((parsed, cancel) =>
        {
            (string Name, string Value)[] given = parsed.GetValue(values)!;
            if (given.CountBy(value => value.Name).FirstOrDefault(count => count.Value > 1) is { Value: > 1 } twice)
                throw new UsageException($"{twice.Key}: given {twice.Value} times; give it once");
            return ActAsync(
                changed.Read(parsed),
                target => new LimitsRequest
                {
                    Server = target.Name,
                    Set = given.ToDictionary(value => value.Name, value => value.Value),
                },
                target => $"changed {target.Label()}: "
                    + string.Join(", ", given.Select(value => $"{value.Name}={value.Value}")),
                cancel);
        });
        command.Add(set);
        return command;
    }

    private static (string Name, string Value) ParseChange(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1)
            throw new FormatException($"'{text}' has no value; use max-connections=200");
        (string name, string value) = (text[..equals], text[(equals + 1)..]);
        // The server knows whether its own limits can change.
        LimitOptions.Change(new ServerLimits { ConnectionsPerAddress = 1 }, name, value);
        return (name, value);
    }

    private async Task<int> ShowAsync(ParseResult parsed, CancellationToken cancel)
    {
        bool json = parsed.GetValue(_json);
        var request = new ListRequest
        {
            Connections = parsed.GetValue(_connections) ?? (json ? null : DefaultConnections),
            Sort = parsed.GetValue(_sort),
        };
        bool isFirst = true;
        foreach (RunningServer running in await RunningServer.FindAsync(_choice.Read(parsed), request, cancel))
        {
            using (running)
            {
                if (json)
                {
                    WriteJson(running.Connections.Prepend<StatusAnswer>(running.Status));
                    continue;
                }
                if (!isFirst)
                    Standard.Out.WriteLine();
                isFirst = false;
                WriteText(running, request);
            }
        }
        return ExitCode.Done;
    }

    private static void WriteText(RunningServer running, ListRequest request)
    {
        Write(StatusText.Describe(running.Status));
        Standard.Out.WriteLine();
        Write(StatusText.Describe(running.Status.Limits, withChangeable: false));
        if (running.Connections.Count == 0)
            return;
        Standard.Out.WriteLine();
        Write(StatusText.Describe(running.Connections));
        int hidden = running.Status.Connections - running.Connections.Count;
        if (hidden > 0 && request.Connections == running.Connections.Count)
            Standard.Out.WriteLine($"and {hidden} more; see --connections");
    }

    private static void Write(IEnumerable<string> lines)
    {
        foreach (string line in lines)
            Standard.Out.WriteLine(line);
    }

    private static void WriteJson(IEnumerable<StatusAnswer> lines)
    {
        var json = new ArrayBufferWriter<byte>();
        foreach (StatusAnswer line in lines)
            StatusProtocol.Write(json, line);
        Standard.Out.Write(Encoding.UTF8.GetString(json.WrittenSpan));
    }

    /// <param name="choice">The server; the only one, if nothing is chosen.</param>
    /// <param name="request">What to ask of it.</param>
    /// <param name="done">What to print then.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <param name="isOfProcess">The servers of one process are one choice.</param>
    private static async Task<int> ActAsync(
        ServerChoice choice, Func<ServerStatus, StatusRequest> request, Func<ServerStatus, string> done,
        CancellationToken cancel, bool isOfProcess = false)
    {
        IReadOnlyList<RunningServer> found =
            await RunningServer.FindAsync(choice, new ListRequest { Connections = 0 }, cancel);
        try
        {
            if (found.Count > 1 && !(isOfProcess && found.All(server => server.Status.Pid == found[0].Status.Pid)))
            {
                throw new UsageException("several servers run: "
                    + string.Join(", ", found.Select(server => server.Status.Label())) + "; choose one with --server");
            }
            await found[0].Client.AskAsync(request(found[0].Status), cancel);
            Standard.Out.WriteLine(Printable.Line(done(found[0].Status)));
            return ExitCode.Done;
        }
        finally
        {
            foreach (RunningServer server in found)
                server.Dispose();
        }
    }
}
