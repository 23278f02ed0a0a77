using Hawser.App.Verbs;
using Hawser.Services;
using Spectre.Console;

namespace Hawser.App.Output;

/// <summary>The demo on a terminal: a table that grows as demonstrations are done.</summary>
internal static class DemoTable
{
    public static async Task<int> RunAsync(IReadOnlyList<Service> services)
    {
        Table table = new Table().RoundedBorder();
        foreach ((int column, string title) in DemoRow.Titles.Index())
            table.AddColumn(new TableColumn(title) { Alignment = column is 2 or 3 ? Justify.Right : Justify.Left });
        int exitCode = ExitCode.Done;
        await Terminal.Output.Live(table).StartAsync(async context =>
        {
            context.Refresh();
            exitCode = await new DemoRun(services).RunAsync(row =>
            {
                IReadOnlyList<string> cells = row.Cells;
                string colour = row.Shown.IsVerified ? "green" : "red";
                table.AddRow(
                    [.. cells.Take(4).Select(cell => new Text(cell)), new Text(cells[4], Style.Parse(colour))]);
                context.Refresh();
            });
        });
        return exitCode;
    }
}
