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
            return Show(
                await RunningServer.FindAsync(shown.Read(parsed), request, cancel), parsed.GetValue(json), running =>
                {
                    Standard.Out.WriteLine(Printable.Line(running.Status.Label()));
                    Write(StatusText.Describe(running.Status.Limits, withChangeable: true));
                });
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
            [
                .. result.Tokens.Index().Select(at => VerbOptions.Parse(
                    "NAME=VALUE", result, at.Item.Value,
                    text => ParseChange(text, result.Tokens.ElementAtOrDefault(at.Index + 1)?.Value))),
            ],
        };
        var changed = new ServerChoice.Options();
        set.Add(values);
        changed.AddTo(set);
        set.Remedy = word => LimitOptions.Changeable.FirstOrDefault(limit => word == $"--{limit}") is { } limit
            ? $"{limit}=VALUE"
            : null;
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

    /// <param name="text">The change.</param>
    /// <param name="next">The word after it, which may be its value.</param>
    private static (string Name, string Value) ParseChange(string text, string? next)
    {
        // The server knows whether its own limits can change.
        var limits = new ServerLimits { ConnectionsPerAddress = 1 };
        if (text.Split('=', 2) is [{ Length: > 0 } name, var given])
        {
            LimitOptions.Change(limits, name, given);
            return (name, given);
        }
        LimitOptions.RequireChangeable(limits, text);
        string value = next is null || next.Contains('=', StringComparison.Ordinal) ? "VALUE" : next;
        throw new FormatException($"'{text}' has no value; use {text}={value}");
    }

    private async Task<int> ShowAsync(ParseResult parsed, CancellationToken cancel)
    {
        bool json = parsed.GetValue(_json);
        var request = new ListRequest
        {
            Connections = parsed.GetValue(_connections) ?? (json ? null : DefaultConnections),
            Sort = parsed.GetValue(_sort),
        };
        return Show(
            await RunningServer.FindAsync(_choice.Read(parsed), request, cancel), json,
            running => WriteText(running, request));
    }

    /// <summary>Prints each server as JSON, or as text with a blank line between two.</summary>
    private static int Show(IReadOnlyList<RunningServer> servers, bool json, Action<RunningServer> write)
    {
        foreach ((int index, RunningServer running) in servers.Index())
        {
            using (running)
            {
                if (json)
                {
                    WriteJson(running.Connections.Prepend<StatusAnswer>(running.Status));
                    continue;
                }
                if (index > 0)
                    Standard.Out.WriteLine();
                write(running);
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
                throw new UsageException(SeveralMatch(choice, found));
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

    /// <summary>The error line, with a choice that means one of them.</summary>
    private static string SeveralMatch(ServerChoice choice, IReadOnlyList<RunningServer> found)
    {
        string labels = string.Join(", ", found.Select(server => server.Status.Label()));
        // An address that no other has. A server that takes over from another has the other's.
        string? word = found[0].Status.Listeners
            .Select(listener => ServerAddress.IsUnix(listener) ? listener : listener[(listener.LastIndexOf(':') + 1)..])
            .FirstOrDefault(address => found.Count(server => server.Status.Is(address)) == 1);
        string remedy = word is not null
            ? $"--server {word}"
            : $"--server {found[0].Status.Name} --socket {found[0].Client.Path}";
        return choice.Word is { } meant
            ? $"--server: '{meant}' matches several servers: {labels}; choose one, as with {remedy}"
            : $"several servers run: {labels}; choose one, as with {remedy}";
    }
}
