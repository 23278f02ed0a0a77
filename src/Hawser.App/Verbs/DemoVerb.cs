using System.CommandLine;
using Hawser.App.Output;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser demo</c>: every service, every client, for real, checked byte by byte.</summary>
internal static class DemoVerb
{
    public static Command Create()
    {
        var verb = new Command("demo", "Run every service and its clients on this machine and check every byte.");
        verb.SetAction((_, _) => RunAsync());
        return verb;
    }

    private static async Task<int> RunAsync()
    {
        var rows = new List<string[]>();
        bool verified = true;
        foreach (Service service in ServiceCatalog.All)
        {
            foreach (ConcurrencyModel model in service.DemoModels)
            {
                DirectoryInfo folder = Directory.CreateTempSubdirectory("hawser-demo-");
                try
                {
                    foreach (Demonstration shown in await service.DemonstrateAsync(model, folder.FullName))
                    {
                        verified &= shown.IsVerified;
                        rows.Add([service.Name, shown.What, Quantity.FormatSize(shown.Bytes),
                            Quantity.FormatDuration(shown.Time), shown.Difference ?? "yes"]);
                    }
                }
                finally
                {
                    folder.Delete(recursive: true);
                }
            }
        }
        TextTable.Write(
            Standard.Out, ["service", "what was done", "bytes", "time", "verified"], rows, rightFrom: 2, rightTo: 3);
        return verified ? ExitCode.Done : ExitCode.NotVerified;
    }
}
