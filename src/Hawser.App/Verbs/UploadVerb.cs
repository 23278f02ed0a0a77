using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Hawser.App.Output;
using Hawser.Services.Text;
using Hawser.Services.Upload;

namespace Hawser.App.Verbs;

/// <summary><c>hawser upload HOST PORT FILE...</c>: sends files; <c>hawser upload verify DIR</c>: checks a folder of
/// them.</summary>
internal static class UploadVerb
{
    public static Command Create()
    {
        var verb = new Command("upload", "Send files to an upload server, each on a connection of its own.");
        var host = new Argument<string>("HOST") { Description = "a name, an address or unix:PATH" };
        var port = new Argument<string>("PORT") { Description = "the server's port" };
        var files = new Argument<string[]>("FILE")
        {
            Description = "what to send; - is the standard input",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string> connect = VerbOptions.Text("--connect-timeout", "TIME", "for the connection", "10s");
        Option<string> idle = VerbOptions.Text(
            "--idle-timeout", "TIME", "without the server taking a byte, and for its receipt", "10s");
        var noHash = new Option<bool>("--no-hash")
        {
            Description = "compare only the number of bytes with the receipt: faster",
        };
        var json = new Option<bool>("--json") { Description = "print the outcomes as JSON, a line each" };
        verb.Add(host);
        verb.Add(port);
        verb.Add(files);
        verb.Add(connect);
        verb.Add(idle);
        verb.Add(noHash);
        verb.Add(json);
        verb.Add(CreateVerify());
        verb.SetAction((parsed, _) => SendAllAsync(
            VerbOptions.ParseTarget(parsed.GetValue(host)!, parsed.GetValue(port)!),
            parsed.GetValue(files)!,
            new UploadClientOptions
            {
                ConnectTimeout = Quantity.ParseDuration(parsed.GetValue(connect)!),
                IdleTimeout = Quantity.ParseTimeout(parsed.GetValue(idle)!),
                Hash = !parsed.GetValue(noHash),
            },
            parsed.GetValue(json)));
        return verb;
    }

    private static Command CreateVerify()
    {
        var verify = new Command("verify", "Check a folder of uploads against its manifest, offline.");
        var folder = new Argument<string>("DIR") { Description = "the folder of a server that ran with --manifest" };
        verify.Add(folder);
        verify.SetAction(parsed =>
        {
            UploadVerification found = UploadVerifier.Verify(parsed.GetValue(folder)!, Standard.Out.WriteLine);
            Standard.Out.WriteLine(
                $"{found.Verified} verified, {found.Different} different, {found.Unknown} not in the manifest");
            return found.Different > 0 ? ExitCode.NotVerified : found.Unknown > 0 ? ExitCode.PartlyDone : ExitCode.Done;
        });
        return verify;
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
        try
        {
            await using Stream source = file == "-" ? Standard.OpenInput() : File.OpenRead(file);
            using var progress = TransferProgress.Start(file, source.CanSeek ? source.Length : null);
            long begin = Stopwatch.GetTimestamp();
            UploadOutcome outcome = await UploadClient.SendAsync(server, source, options, progress.Report);
            progress.Dispose();
            TimeSpan time = Stopwatch.GetElapsedTime(begin);
            if (json)
                Standard.Out.WriteLine(ToJson(file, outcome, time, outcome.Receipt?.Refusal));
            return Judge(file, outcome, time, json);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ProtocolException)
        {
            if (json)
                Standard.Out.WriteLine(ToJson(file, null, TimeSpan.Zero, e.Message));
            Standard.Error.WriteLine($"ERROR: {file}: {e.Message.ReplaceLineEndings(" ")}");
            return ExitCode.Failed;
        }
    }

    private static int Judge(string file, UploadOutcome outcome, TimeSpan time, bool json)
    {
        if (outcome.IsRefused)
        {
            Standard.Error.WriteLine($"ERROR: {file}: the server refused it: {outcome.Receipt!.Refusal}");
            return ExitCode.Failed;
        }
        if (outcome.IsDifferent)
        {
            Standard.Error.WriteLine($"ERROR: {file}: the server stored other bytes than were sent: "
                + $"{outcome.Receipt!.Bytes} bytes, sha256:{outcome.Receipt.Sha256}; sent were "
                + $"{outcome.BytesSent} bytes, sha256:{outcome.Sha256}; "
                + "if the file did not change meanwhile, do not trust it");
            return ExitCode.NotVerified;
        }
        if (outcome.Receipt is null)
            Standard.Error.WriteLine($"{file}: sent, not confirmed: this server sends no receipt");
        else if (!json)
            Standard.Out.WriteLine($"{file}: {outcome.Receipt.FileName}, {outcome.BytesSent} bytes in "
                + $"{Quantity.FormatDuration(time)}, {(outcome.IsVerified ? "verified" : "not hashed")}"
                + (outcome.Receipt.Synced ? ", synced" : ""));
        return ExitCode.Done;
    }

    private static string ToJson(string file, UploadOutcome? outcome, TimeSpan time, string? error)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("file", file);
            json.WriteNumber("bytes", outcome?.BytesSent ?? 0);
            json.WriteNumber("seconds", time.TotalSeconds);
            json.WriteString("sha256", outcome?.Sha256);
            json.WriteString("stored_as", outcome?.Receipt?.FileName);
            json.WriteBoolean("verified", outcome?.IsVerified ?? false);
            json.WriteBoolean("synced", outcome?.Receipt?.Synced ?? false);
            json.WriteString("error", error);
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }
}
