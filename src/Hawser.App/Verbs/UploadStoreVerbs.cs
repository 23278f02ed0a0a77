using System.CommandLine;
using System.Globalization;
using Hawser.App.CommandLine;
using Hawser.App.Output;
using Hawser.Cluster;
using Hawser.Services;
using Hawser.Services.Text;
using Hawser.Services.Upload;

namespace Hawser.App.Verbs;

/// <summary><c>hawser upload list</c>, <c>get</c> and <c>verify</c>: read what servers have stored, without a
/// server.</summary>
internal static class UploadStoreVerbs
{
    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ssZ";

    public static IEnumerable<Command> Create() => [CreateList(), CreateGet(), CreateVerify()];

    private static VerbCommand CreateList()
    {
        var list = new VerbCommand("list", "List the uploads of a ledger.")
        {
            Forms = ["--ledger URL --sink URL"],
            Examples = ["hawser upload list --ledger postgres://db/hawser --sink s3://uploads/incoming"],
        };
        var where = new CollectionOptions();
        Option<bool> json = VerbOptions.Flag("--json", "print a line of JSON per upload");
        list.AddGroup(VerbOptions.Common, where.Ledger, where.Sink, json);
        list.SetAction(async (parsed, cancel) =>
        {
            await using UploadArchive archive = await where.OpenAsync(parsed, cancel);
            bool isJson = parsed.GetValue(json);
            if (!isJson)
                Standard.Out.WriteLine($"{"NUMBER",8}  {"TIME",-20}  STATE      {"BYTES",12}  HASH OR REASON");
            await foreach (LedgerEntry entry in archive.ListAsync(cancel))
                Standard.Out.WriteLine(isJson ? ToJson(entry) : TextOf(entry));
            return ExitCode.Done;
        });
        return list;
    }

    private static VerbCommand CreateGet()
    {
        var get = new VerbCommand("get", "Copy an upload to a file, or to the standard output, and check its hash.")
        {
            Forms = ["NUMBER --ledger URL --sink URL"],
            Examples =
            [
                "hawser upload get 7 --out 7.file --ledger postgres://db/hawser --sink s3://uploads/incoming",
            ],
        };
        Argument<long> number = VerbOptions.Argument(
            "NUMBER", "its number", text => (long)Quantity.ParseInt(text, "number", 1, int.MaxValue));
        Option<string?> path = VerbOptions.Value<string?>(
            "--out", "FILE", "where it goes; replaced once the copy is whole [default: standard output]", text => text);
        get.Add(number);
        var where = new CollectionOptions();
        get.AddGroup(VerbOptions.Common, where.Ledger, where.Sink, path);
        get.SetAction(async (parsed, cancel) =>
        {
            await using UploadArchive archive = await where.OpenAsync(parsed, cancel);
            // Without it, a signal would end the process before it has removed its part of a copy.
            var signal = new StopSignal();
            try
            {
                return await GetAsync(archive, parsed.GetValue(number), parsed.GetValue(path), signal.Token);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException && signal.Token.IsCancellationRequested)
            {
                throw new IOException("interrupted; the copy is not whole", e);
            }
        });
        return get;
    }

    private static VerbCommand CreateVerify()
    {
        var verify = new VerbCommand("verify", "Check stored uploads against the manifest of their folder, or a ledger.")
        {
            Forms = ["DIR", "--ledger URL --sink URL"],
            Examples =
            [
                "hawser upload verify received",
                "hawser upload verify --ledger postgres://db/hawser --sink s3://uploads/incoming",
            ],
        };
        Argument<string> folder =
            VerbOptions.Argument("DIR", "the folder of a server that ran with --manifest", text => text);
        folder.Arity = ArgumentArity.ZeroOrOne;
        Option<bool> json = VerbOptions.Flag("--json", "print the findings as a line of JSON");
        verify.Add(folder);
        var where = new CollectionOptions();
        verify.AddGroup(VerbOptions.Common, where.Ledger, where.Sink, json);
        verify.SetAction(async (parsed, cancel) =>
        {
            string? dir = parsed.GetValue(folder);
            bool isJson = parsed.GetValue(json);
            var findings = new List<string>();
            Action<string> report = isJson ? findings.Add : Standard.Out.WriteLine;
            if (!where.AreGiven(parsed))
            {
                return dir is null
                    ? throw new UsageException("missing argument DIR, or --ledger and --sink")
                    : Finish(dir, "manifest", UploadVerifier.Verify(dir, report), isJson, findings);
            }
            if (dir is not null)
                throw new UsageException($"unexpected argument '{Printable.Of(dir)}' beside --ledger and --sink");
            await using UploadArchive archive = await where.OpenAsync(parsed, cancel);
            return Finish(archive.Name, "ledger", await archive.VerifyAsync(report, cancel), isJson, findings);
        });
        return verify;
    }

    private static int Finish(string where, string record, UploadVerification found, bool isJson, List<string> findings)
    {
        if (isJson)
        {
            Standard.Out.WriteLine(JsonLine.Of(writer =>
            {
                writer.WriteString("folder", where);
                writer.WriteNumber("verified", found.Verified);
                writer.WriteNumber("different", found.Different);
                writer.WriteNumber("unknown", found.Unlisted + found.BadLines);
                writer.WriteStartArray("findings");
                findings.ForEach(writer.WriteStringValue);
                writer.WriteEndArray();
            }));
        }
        else
        {
            Standard.Out.WriteLine(
                $"{found.Verified} verified, {found.Different} different, {found.Unlisted} not in the {record}"
                + (found.BadLines > 0 ? $", {Quantity.FormatCount(found.BadLines, "bad line")} in the {record}" : ""));
        }
        return found.Different > 0 ? ExitCode.NotVerified
            : found.Unlisted + found.BadLines > 0 ? ExitCode.PartlyDone
            : ExitCode.Done;
    }

    private static async Task<int> GetAsync(
        UploadArchive archive, long number, string? path, CancellationToken cancel)
    {
        LedgerEntry entry = await archive.FindAsync(number, cancel)
            ?? throw new IOException($"{archive.Name} has no upload {number}");
        if (entry.State != UploadState.Stored)
            throw new IOException(entry.State == UploadState.Failed
                ? $"upload {number} failed: {entry.Error}" : $"upload {number} is still under way");
        string? difference = path is null or "-"
            ? await CopyAsync(archive, entry, Standard.OpenOutput(), cancel)
            : await CopyToFileAsync(archive, entry, path, cancel);
        if (difference is null)
            return ExitCode.Done;
        Standard.Error.WriteLine($"ERROR: upload {number} {difference}; do not trust the copy");
        return ExitCode.NotVerified;
    }

    /// <summary>Copies under another name beside the file, which a failure leaves as it was. A device or a pipe is written
    /// as it is.</summary>
    private static async Task<string?> CopyToFileAsync(
        UploadArchive archive, LedgerEntry entry, string path, CancellationToken cancel)
    {
        if (Directory.Exists(path))
            throw new IOException($"--out: {path} is a folder");
        if (RegularFile.IsOther(path))
            return await CopyAsync(archive, entry, new FileStream(path, FileMode.Open, FileAccess.Write), cancel);
        path = Path.GetFullPath(path);
        if (new FileInfo(path) is { LinkTarget: not null } link)
            path = link.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        string part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            string? difference =
                await CopyAsync(archive, entry, new FileStream(part, FileMode.CreateNew, FileAccess.Write), cancel);
            if (difference is null)
                File.Move(part, path, overwrite: true);
            return difference;
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static async Task<string?> CopyAsync(
        UploadArchive archive, LedgerEntry entry, Stream target, CancellationToken cancel)
    {
        await using (target)
            return await archive.CopyAsync(entry, target, cancel);
    }

    private static string TextOf(LedgerEntry entry)
    {
        string time = (entry.End ?? entry.Start).ToString(TimeFormat, CultureInfo.InvariantCulture);
        string what = entry.State switch
        {
            UploadState.Stored => $"stored     {entry.Bytes,12}  {entry.Digest}",
            UploadState.Failed => $"failed     {"-",12}  {Printable.Of(entry.Error ?? "")}",
            _ => "under way",
        };
        return $"{entry.Number,8}  {time}  {what}";
    }

    private static string ToJson(LedgerEntry entry) => JsonLine.Of(json =>
    {
        json.WriteNumber("number", entry.Number);
        json.WriteString("state", entry.State switch
        {
            UploadState.Stored => "stored",
            UploadState.Failed => "failed",
            _ => "under_way",
        });
        json.WriteString("peer", entry.Peer);
        json.WriteString("start", entry.Start);
        if (entry.End is { } end)
            json.WriteString("end", end);
        json.WriteNumber("bytes", entry.Bytes);
        json.WriteString("digest", entry.Digest);
        json.WriteString("error", entry.Error);
    });

    /// <summary>The options that name a collection.</summary>
    private sealed class CollectionOptions
    {
        public Option<string?> Ledger { get; } = OptionOf(UploadService.Ledger, "the database of the servers");

        public Option<string?> Sink { get; } = OptionOf(UploadService.Sink, "the object store of the servers");

        public bool AreGiven(ParseResult parsed) => parsed.Has(Ledger) || parsed.Has(Sink);

        public async Task<UploadArchive> OpenAsync(ParseResult parsed, CancellationToken cancel)
        {
            string ledger = parsed.GetValue(Ledger) ?? throw new UsageException("missing option --ledger");
            string sink = parsed.GetValue(Sink) ?? throw new UsageException("missing option --sink");
            try
            {
                return await UploadArchive.OpenAsync(ledger, sink, cancel);
            }
            catch (FormatException e)
            {
                throw new UsageException(e.Message);
            }
        }

        private static Option<string?> OptionOf(ServiceOption<string> option, string help) =>
            VerbOptions.Value<string?>($"--{option.Name}", option.ValueName!, help, option.Parse);
    }
}
