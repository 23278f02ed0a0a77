using System.Runtime.Versioning;
using Hawser.Attacks.Programs;

[assembly: SupportedOSPlatform("linux")]

namespace Hawser.Attacks;

/// <summary>Runs the attacks and prints their table; each row also on the standard error as it is done.
/// <c>--only</c>, <c>--services</c> and <c>--models</c> take lists with commas, <c>--seconds</c> is the length of each
/// of the three phases, <c>--program</c> a published <c>hawser</c>.</summary>
internal static class Program
{
    private const string AllServices = "ping,message,upload,numbers,clock";

    // One that blocks and one that does not.
    private const string DefaultModels = "threads,epoll";

    private static readonly string[] Head = ["attack", "service", "model", "before", "during", "after", "verdict"];

    private static async Task<int> Main(string[] words)
    {
        try
        {
            var arguments = new Arguments(words);
            string[] names = [.. AttackCatalog.CreateAll().Select(attack => attack.Name)];
            string[] only = List(arguments, "only", string.Join(',', names), names);
            string[] services = List(arguments, "services", AllServices, AllServices.Split(','));
            string[] models = arguments.Text("models", DefaultModels).Split(',');
            TimeSpan duration = arguments.Seconds("seconds", 1);
            string program = arguments.Text("program", "");
            if (program.Length > 0 && !File.Exists(program))
                throw new FormatException($"--program: there is no {program}");
            program = program.Length > 0 ? Path.GetFullPath(program) : await Repository.PublishHawserAsync();

            using var scratch = new ScratchFolder(arguments);
            var rows = new List<string[]>();
            foreach ((string name, string service, string model) in
                from name in only from service in services from model in models select (name, service, model))
            {
                Attack attack = AttackCatalog.CreateAll().First(entry => entry.Name == name);
                if (!attack.Services.Contains(service))
                    continue;
                string folder = scratch.At($"{rows.Count}");
                Directory.CreateDirectory(folder);
                rows.Add(await RunAsync(attack, new VictimStart(program, service, model, folder), duration));
                Directory.Delete(folder, recursive: true);
                await Console.Error.WriteLineAsync(string.Join(" | ", rows[^1]));
            }
            await PrintAsync(rows, arguments);
            return 0;
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync($"ERROR: {e.Message}");
            return 2;
        }
        catch (AttackException e)
        {
            await Console.Error.WriteLineAsync($"ERROR: {e.Message}");
            return 1;
        }
        finally
        {
            ChildProcess.LeaveGate();
        }
    }

    private static async Task<string[]> RunAsync(Attack attack, VictimStart start, TimeSpan duration)
    {
        if (attack.Missing is { } missing)
            return [attack.Name, start.Service, start.Model, "-", "-", "-", $"skipped: {missing}"];
        try
        {
            return await new Trial(attack, start, duration).RunAsync();
        }
        catch (Exception e) when (e is AttackException or TimeoutException or IOException)
        {
            return [attack.Name, start.Service, start.Model, "-", "-", "-", $"not measured: {e.Message}"];
        }
    }

    private static async Task PrintAsync(List<string[]> rows, Arguments arguments)
    {
        var page = new Markdown();
        page.Paragraph(
            $"Commit {await Repository.CommitAsync()}, {Host.Name}, {Host.Company}. "
            + $"Command: `dotnet run -c Release --project tests/Hawser.Attacks -- {arguments}`.");
        page.Table(Head, rows, texts: Head.Length);
        await Console.Out.WriteAsync(page.ToString());
    }

    private static string[] List(Arguments arguments, string option, string otherwise, string[] known)
    {
        string[] words = arguments.Text(option, otherwise).Split(',');
        return words.FirstOrDefault(word => !known.Contains(word)) is { } unknown
            ? throw new FormatException($"--{option}: '{unknown}' is none of {string.Join(", ", known)}")
            : words;
    }
}
