using System.Globalization;
using System.Net;
using System.Text;
using Hawser.Services.Drawing;

namespace Hawser.App.Lab.Exporters;

/// <summary>A chart of named rows as inline SVG. The page defines its colours as CSS classes.</summary>
internal sealed class RowPlot(string title, PlotAxis axis, int rows, bool isWide, double left, double right)
{
    private const double Top = 6, Bottom = 44, RowHeight = 30;

    private readonly double _width = isWide ? 1106 : 536;
    private readonly double _height = Top + (rows * RowHeight) + Bottom;
    private readonly StringBuilder _shapes = new();

    /// <summary>A row's name.</summary>
    public void Name(int row, string name) =>
        Text("name", left - 10, row, name, "end");

    /// <summary>A row's bar from the left edge, the interval around its end, and its figure.</summary>
    public void Bar(int row, LabSpread spread, string figure, string style, string tip)
    {
        double end = ToX(spread.Median);
        double top = Middle(row) - 9;
        Add($"<g class=\"{style}\"><title>{Safe(tip)}</title>");
        double width = Math.Max(1, end - left);
        Add($"<rect class=\"block\" x=\"{left}\" y=\"{top:F1}\" width=\"{width:F1}\" height=\"18\" rx=\"3\"/>");
        double low = ToX(spread.Low);
        double high = ToX(spread.High);
        Add($"<path class=\"whisker\" d=\"M{low:F1} {top + 5:F1}v8m0 -4H{high:F1}m0 -4v8\"/></g>");
        Text("figure", Math.Max(end, high) + 8, row, figure);
    }

    /// <summary>A row's percentiles: a line from a ring through a dot to a bar.</summary>
    public void Span(int row, double ring, double spot, double stroke, string figure, string style, string tip)
    {
        double y = Middle(row);
        Add($"<g class=\"{style}\"><title>{Safe(tip)}</title>");
        Add($"<line class=\"span\" x1=\"{ToX(ring):F1}\" x2=\"{ToX(stroke):F1}\" y1=\"{y:F1}\" y2=\"{y:F1}\"/>");
        Add($"<path class=\"stroke\" d=\"M{ToX(stroke):F1} {y - 6:F1}v12\"/>");
        Add($"<circle class=\"ring\" cx=\"{ToX(ring):F1}\" cy=\"{y:F1}\" r=\"4.5\"/>");
        Add($"<circle class=\"spot\" cx=\"{ToX(spot):F1}\" cy=\"{y:F1}\" r=\"5.5\"/></g>");
        Text("figure", ToX(stroke) + 10, row, figure);
    }

    /// <summary>A word in a row instead of a figure.</summary>
    public void Word(int row, string word) => Text("tick", left + 8, row, word);

    /// <summary>A thin line above a row.</summary>
    public void Rule(int row) => Add(
        $"<path class=\"rule\" d=\"M0 {Top + (row * RowHeight):F1}H{_width}\"/>");

    /// <summary>Returns the SVG. Call it once.</summary>
    public string Render()
    {
        string shapes = _shapes.ToString();
        _shapes.Clear();
        Add($"<svg viewBox=\"0 0 {_width} {_height}\" role=\"img\" aria-label=\"{Safe(title)}\">");
        foreach (double tick in axis.Ticks())
        {
            double x = ToX(tick);
            Add($"<line class=\"grid\" x1=\"{x:F1}\" x2=\"{x:F1}\" y1=\"{Top}\" y2=\"{_height - Bottom}\"/>");
            Add($"<text class=\"tick\" x=\"{x:F1}\" y=\"{_height - Bottom + 17}\" ");
            Add($"text-anchor=\"middle\">{Safe(axis.Format(tick))}</text>");
        }
        _shapes.Append(shapes);
        Add($"<text class=\"label\" x=\"{(left + _width - right) / 2:F1}\" y=\"{_height - 6}\" ");
        Add($"text-anchor=\"middle\">{Safe(axis.Label)}</text></svg>");
        return _shapes.ToString();
    }

    private void Text(string style, double x, int row, string text, string anchor = "start")
    {
        Add($"<text class=\"{style}\" x=\"{x:F1}\" y=\"{Middle(row) + 4:F1}\" text-anchor=\"{anchor}\">");
        Add($"{Safe(text)}</text>");
    }

    private static double Middle(int row) => Top + (row * RowHeight) + (RowHeight / 2);

    private static string Safe(string text) => WebUtility.HtmlEncode(text);

    private double ToX(double value) => left + (axis.Place(value) * (_width - left - right));

    private void Add(FormattableString shape) => _shapes.Append(shape.ToString(CultureInfo.InvariantCulture));
}
