using System.CommandLine;
using System.Diagnostics;
using System.Net;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.App.Tls;
using Hawser.Services.Text;
using Hawser.Services.Upload;

namespace Hawser.App.Verbs;

/// <summary><c>hawser upload HOST:PORT FILE...</c>, or <c>HOST PORT FILE...</c> as the exercise has it: sends files.</summary>
internal static class UploadVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("upload", "Send files to an upload server, each on a connection of its own.")
        {
            Forms = ["HOST:PORT FILE...", "HOST PORT FILE..."],
            Examples =
            [
                "hawser upload 127.0.0.1:8002 photo.jpg notes.txt",
                "hawser upload 127.0.0.1 8002 photo.jpg",
                "hawser upload verify received",
            ],
        };
        var server = new Argument<string>("HOST:PORT")
        {
            Description = "like 127.0.0.1:8002, [::1]:8002 or unix:PATH; after a HOST without a port comes PORT",
        };
        var files = new Argument<string[]>("FILE")
        {
            Description = "file to send; - is standard input",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<TimeSpan> connect = VerbOptions.Timeout("--connect-timeout", "limit for connecting, including name resolution", "10s");
        Option<TimeSpan> idle = VerbOptions.Timeout(
            "--idle-timeout", "give up after this long without progress or a receipt", "10s");
        Option<UploadHash> hash = VerbOptions.Value("--hash", "HASH",
            "the hash to compare with the receipt's: sha256, xxh128 (fast) or none", UploadDigest.ParseFunction, "sha256")
            .WithChoices(UploadDigest.Functions);
        Option<bool> noHash = VerbOptions.Flag("--no-hash", "the same as --hash none");
        Option<bool> json = VerbOptions.Flag("--json", "print a line of JSON per file");
        verb.Add(server);
        verb.Add(files);
        var tls = new ClientTls("upload", takesToken: true);
        verb.AddGroup(VerbOptions.Common, idle, connect, hash, noHash, json);
        tls.AddTo(verb);
        foreach (Command subcommand in UploadStoreVerbs.Create())
            verb.Add(subcommand);
        verb.SetAction((parsed, _) =>
        {
            (EndPoint where, string[] paths) = ParseTarget(parsed.GetValue(server)!, parsed.GetValue(files)!, verb);
            ServerAddress.RequireSocket(where);
            if (parsed.GetValue(noHash) && parsed.Has(hash))
                throw new UsageException("--no-hash: --hash is given as well");
            var options = new UploadClientOptions
            {
                ConnectTimeout = parsed.GetValue(connect),
                IdleTimeout = parsed.GetValue(idle),
                Hash = parsed.GetValue(noHash) ? UploadHash.None : parsed.GetValue(hash),
                Layers = tls.Read(parsed)(where),
            };
            return SendAllAsync(where, paths, options, parsed.GetValue(json));
        });
        return verb;
    }

    /// <summary>After a server without a port the first word is its port.</summary>
    private static (EndPoint Server, string[] Files) ParseTarget(string server, string[] words, VerbCommand verb)
    {
        if (ServerAddress.HasPort(server) || ServerAddress.IsUnix(server))
            return (UsageException.Guard(() => ServerAddress.Parse(server, 0)), words);
        if (UsageException.Suggest(server, verb.Subcommands.Select(command => command.Name)) is { } suggestion)
            throw new UsageException($"unknown command '{server}'{suggestion}");
        if (ServerAddress.HasPort(words[0]) && !words[0].All(char.IsAsciiDigit))
            throw new UsageException($"the server comes first: hawser upload {words[0]} {server}");
        int port = UsageException.Guard(() => ServerAddress.ParsePort(words[0]));
        return words.Length > 1
            ? (UsageException.Guard(() => ServerAddress.Parse(server, port)), words[1..])
            : throw new UsageException("missing argument FILE; see 'hawser upload --help'");
    }

    private static async Task<int> SendAllAsync(EndPoint server, string[] files, UploadClientOptions options, bool json)
    {
        int worst = ExitCode.Done;
        int sent = 0;
        foreach (string file in files)
        {
            int code = await SendAsync(server, file, options, json);
            sent += code == ExitCode.Done ? 1 : 0;
            worst = Math.Max(worst, code);
        }
        return worst == ExitCode.Failed && sent > 0 ? ExitCode.PartlyDone : worst;
    }

    private static async Task<int> SendAsync(EndPoint server, string file, UploadClientOptions options, bool json)
    {
        string? error = null;
        int exitCode = ExitCode.Failed;
        UploadOutcome? outcome = null;
        long begin = Stopwatch.GetTimestamp();
        try
        {
            await using Stream source = file == "-" ? Standard.OpenInput() : OpenFile(file);
            using var progress = TransferProgress.Start(file, source.CanSeek ? source.Length : null);
            begin = Stopwatch.GetTimestamp();
            outcome = await UploadClient.SendAsync(server, source, options, progress.Report);
            (exitCode, error) = Judge(server, outcome);
        }
        catch (Exception e) when (e is ConnectionClosedException or ProtocolException)
        {
            error = EndPointText.Blame(server, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = e.Message;
        }
        TimeSpan time = Stopwatch.GetElapsedTime(begin);
        if (json)
            Standard.Out.WriteLine(ToJson(file, outcome, time, outcome?.Receipt?.Refusal ?? error));
        if (error is not null)
            Standard.Error.WriteLine($"ERROR: {file}: {error.ReplaceLineEndings(" ")}");
        else if (outcome!.Receipt is null)
            Standard.Error.WriteLine($"{file}: sent, not confirmed: {EndPointText.Of(server)} "
                + (outcome.IsUnanswered
                    ? $"sent no receipt within {Quantity.FormatDuration(options.IdleTimeout)}" : "sends no receipt"));
        else if (!json)
            Standard.Out.WriteLine(TextOf(file, outcome, time));
        return exitCode;
    }

    private static FileStream OpenFile(string path)
    {
        if (UsageException.WhyNoFile(path) is { } why)
            throw new IOException(why);
        return File.OpenRead(path);
    }

    private static (int ExitCode, string? Error) Judge(EndPoint server, UploadOutcome outcome)
    {
        if (outcome.IsRefused)
            return (ExitCode.Failed, $"{EndPointText.Of(server)} refused it: {outcome.Receipt!.Refusal}");
        return outcome.IsDifferent
            ? (ExitCode.NotVerified, $"{EndPointText.Of(server)} stored other bytes than were sent: "
                + $"{outcome.Receipt!.Bytes} bytes, {HashOf(outcome.Receipt.Digest)}; sent were "
                + $"{outcome.BytesSent} bytes, {HashOf(outcome.Digest)}; "
                + "unless the file changed meanwhile, do not trust the copy")
            : (ExitCode.Done, null);
    }

    private static string TextOf(string file, UploadOutcome outcome, TimeSpan time) =>
        $"{file}: {outcome.Receipt!.FileName}, {outcome.BytesSent} bytes in {Quantity.FormatDuration(time)}, "
        + (outcome.IsVerified ? "verified"
            : outcome.Digest is null || outcome.Receipt.Digest is null ? "not hashed"
            : $"not verified: use --hash {UploadDigest.NameOf(outcome.Receipt.Digest.Function)}, the server's")
        + (outcome.Receipt.Synced ? ", synced" : "");

    private static string HashOf(UploadDigest? digest) => digest?.ToString() ?? "not hashed";

    private static string ToJson(string file, UploadOutcome? outcome, TimeSpan time, string? error) =>
        JsonLine.Of(json =>
        {
            json.WriteString("file", file);
            json.WriteNumber("bytes", outcome?.BytesSent ?? 0);
            json.WriteNumber("seconds", time.TotalSeconds);
            foreach (UploadHash function in (UploadHash[])[UploadHash.Sha256, UploadHash.Xxh128])
            {
                UploadDigest? digest = outcome?.Digest?.Function == function ? outcome.Digest : null;
                json.WriteString(UploadDigest.NameOf(function), digest?.Hex);
            }
            json.WriteString("stored_as", outcome?.Receipt?.FileName);
            json.WriteBoolean("verified", outcome?.IsVerified ?? false);
            json.WriteBoolean("synced", outcome?.Receipt?.Synced ?? false);
            json.WriteString("error", error);
        });
}
