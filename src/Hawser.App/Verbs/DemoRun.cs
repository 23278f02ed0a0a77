using System.Diagnostics;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary>Runs the demonstrations of services, one after the other.</summary>
internal sealed class DemoRun(IReadOnlyList<Service> services)
{
    /// <summary>Runs them all. One that throws is a row, and the others follow.</summary>
    /// <param name="onRow">Gets each row when its demonstration is done.</param>
    /// <returns>The exit code: 4 when anything differs or fails.</returns>
    public async Task<int> RunAsync(Action<DemoRow> onRow)
    {
        bool verified = true;
        foreach (Service service in services)
        {
            foreach (ConcurrencyModel model in service.DemoModels)
            {
                foreach (Demonstration shown in await ShowAsync(service, model))
                {
                    verified &= shown.IsVerified;
                    onRow(new DemoRow(service.Name, shown));
                }
            }
        }
        return verified ? ExitCode.Done : ExitCode.NotVerified;
    }

    private static async Task<IReadOnlyList<Demonstration>> ShowAsync(Service service, ConcurrencyModel model)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("hawser-demo-");
        long begin = Stopwatch.GetTimestamp();
        try
        {
            return await service.DemonstrateAsync(model, folder.FullName);
        }
        catch (Exception e)
        {
            return [new Demonstration(model.Name, 0, Stopwatch.GetElapsedTime(begin), $"failed: {Printable.Line(e.Message)}")];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
