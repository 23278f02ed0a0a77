using System.CommandLine;
using Hawser.App.Output;
using Hawser.Services.Message;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser message HOST PORT</c>: sends the standard input as one message.</summary>
internal static class MessageVerb
{
    public static Command Create()
    {
        var verb = new Command("message", "Send the standard input to a message server, byte for byte.");
        var host = new Argument<string>("HOST") { Description = "a name, an address or unix:PATH" };
        var port = new Argument<string>("PORT") { Description = "the server's port" };
        Option<string> wait = VerbOptions.Text("--wait", "TIME", "for the server to close, after the last byte", "30s");
        verb.Add(host);
        verb.Add(port);
        verb.Add(wait);
        verb.SetAction(async (parsed, _) =>
        {
            TimeSpan patience = Quantity.ParseTimeout(parsed.GetValue(wait)!);
            var server = VerbOptions.ParseTarget(parsed.GetValue(host)!, parsed.GetValue(port)!);
            if (!Console.IsInputRedirected)
                Standard.Error.WriteLine("reading the message from the terminal; end it with Ctrl-D");
            await using Stream input = Standard.OpenInput();
            try
            {
                if (!await MessageClient.SendAsync(server, input, patience))
                {
                    Standard.Error.WriteLine(
                        $"sent, not confirmed: the server has not closed within {patience.TotalSeconds} s");
                }
                return ExitCode.Done;
            }
            catch (ConnectionClosedException e)
            {
                Standard.Error.WriteLine($"ERROR: {e.Message}, so the message is not taken, or not whole; "
                    + "its standard error says why, send it again");
                return ExitCode.Failed;
            }
        });
        return verb;
    }
}
