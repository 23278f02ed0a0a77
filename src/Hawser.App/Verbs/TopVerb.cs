using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.App.Status;
using Hawser.App.Status.Top;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser top</c>: the running servers, alive in a terminal.</summary>
internal static class TopVerb
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    // Far below the idle timeout of the status socket.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    public static Command Create()
    {
        var command = new VerbCommand("top", "Watch the running servers of this user in a terminal.")
        {
            Keys =
            [
                ("Up, Down, k, j", "select a connection"),
                ("s", "sort by the next order: id, idle, received, sent, rate"),
                ("c", "close the selected connection"),
                ("D, then D", "drain: stop the server, and all others of its process; conversations may finish"),
                ("f, Space", "freeze the list, or continue"),
                ("Tab", "show the next server"),
                ("q, Esc", "quit"),
            ],
            Examples = ["hawser top", "hawser top --server 8000"],
        };
        var choice = new ServerChoice.Options();
        Option<TimeSpan> interval = VerbOptions.Value(
            "--interval", "TIME", "time between two samples, 100ms to 1m", ParseInterval, "1s");
        choice.AddTo(command, interval);
        command.SetAction((parsed, _) =>
            new TopRun(choice.Read(parsed), parsed.GetValue(interval)).RunAsync());
        return command;
    }

    private static TimeSpan ParseInterval(string text) =>
        Quantity.ParseDuration(text) is var interval && interval >= Shortest && interval <= Longest
            ? interval
            : throw new FormatException($"'{text}' is out of bounds; use 100ms to 1m");
}
