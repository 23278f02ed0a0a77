using System.Diagnostics;
using Hawser.App.CommandLine;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App.Demo;

/// <summary>Runs the demonstrations of services, one after the other.</summary>
internal sealed class DemoRun(IReadOnlyList<Service> services)
{
    private volatile DirectoryInfo? _folder;

    /// <summary>Runs all demonstrations. One that throws becomes a row as well.</summary>
    /// <param name="onRow">Called with each row when its demonstration is done.</param>
    /// <param name="onStopping">Called if <paramref name="stop"/> has to wait for a demonstration.</param>
    /// <param name="stop">Ends the run after the demonstration in progress.</param>
    /// <returns>The exit code: 4 if anything differs or fails, 3 if stopped.</returns>
    public async Task<int> RunAsync(Action<DemoRow> onRow, Action onStopping, CancellationToken stop)
    {
        bool verified = true;
        foreach (Service service in services)
        {
            foreach (ConcurrencyModel model in service.DemoModels)
            {
                if (stop.IsCancellationRequested)
                    return verified ? ExitCode.PartlyDone : ExitCode.NotVerified;
                Task<IReadOnlyList<Demonstration>> running = ShowAsync(service, model);
                if (await Task.WhenAny(running, Task.Delay(Timeout.Infinite, stop)) != running)
                    onStopping();
                foreach (Demonstration shown in await running)
                {
                    verified &= shown.IsVerified;
                    onRow(new DemoRow(service.Name, shown));
                }
            }
        }
        return verified ? ExitCode.Done : ExitCode.NotVerified;
    }

    /// <summary>Deletes the folder of the demonstration in progress, before the process ends.</summary>
    public void Abandon()
    {
        // The demonstration may create a file meanwhile, and the folder is then not empty.
        for (int attempt = 1; attempt <= 10; attempt++)
        {
            try
            {
                _folder?.Delete(recursive: true);
                return;
            }
            catch (IOException)
            {
            }
        }
    }

    private async Task<IReadOnlyList<Demonstration>> ShowAsync(Service service, ConcurrencyModel model)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("hawser-demo-");
        _folder = folder;
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
            _folder = null;
            folder.Delete(recursive: true);
        }
    }
}
