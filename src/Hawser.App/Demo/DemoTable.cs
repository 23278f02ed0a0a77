using Hawser.App.CommandLine;
using Hawser.App.Output;
using Spectre.Console;

namespace Hawser.App.Demo;

/// <summary>The demo on a terminal: a table that grows as demonstrations are done.</summary>
internal static class DemoTable
{
    public static async Task<int> RunAsync(DemoRun run, string stopping, CancellationToken stop)
    {
        Table table = new Table().RoundedBorder();
        foreach ((int column, string title) in DemoRow.Titles.Index())
            table.AddColumn(new TableColumn(title) { Alignment = column is 2 or 3 ? Justify.Right : Justify.Left });
        int exitCode = ExitCode.Done;
        IAnsiConsole console = Terminal.Output;
        using var cursor = new CursorGuard(console);
        await console.Live(table).StartAsync(async context =>
        {
            context.Refresh();
            exitCode = await run.RunAsync(Show, () => Refresh(table.Caption(stopping)), stop);

            void Show(DemoRow row)
            {
                IReadOnlyList<string> cells = row.Cells;
                string colour = row.Shown.IsVerified ? "green" : "red";
                Refresh(table.AddRow(
                    [.. cells.Take(4).Select(cell => new Text(cell)), new Text(cells[4], Style.Parse(colour))]));
            }

            void Refresh(Table _) => context.Refresh();
        });
        return exitCode;
    }
}
