using System.Globalization;
using System.Net;
using System.Text;

namespace Hawser.App.Reports;

/// <summary>A plot as inline SVG: an x-y plot, or rows with a name each. Colours are CSS classes of the page, so that
/// the plot follows its light and dark scheme.</summary>
internal sealed class SvgPlot
{
    private const double RowHeight = 30;

    // Of a tick's label in a narrow window, where letters are largest.
    private const double LetterWidth = 8;

    private readonly string _title;
    private readonly PlotAxis _x;
    private readonly PlotAxis? _y;
    private readonly double _left, _right, _top, _bottom, _width, _height;
    private readonly StringBuilder _shapes = new();

    // Drawn last, so that no line crosses a word.
    private readonly StringBuilder _words = new();

    /// <summary>Begins an x-y plot.</summary>
    public SvgPlot(string title, PlotAxis x, PlotAxis y, bool isWide)
        : this(title, x, isWide, (60, 16, 30, 46), isWide ? 300 : 310) => _y = y;

    private SvgPlot(
        string title, PlotAxis x, bool isWide, (double Left, double Right, double Top, double Bottom) margins,
        double height)
    {
        (_title, _x, _height) = (title, x, height);
        (_left, _right, _top, _bottom) = margins;
        // The size in a page that is 1,180 wide, so that letters have the same size in all plots.
        _width = isWide ? 1106 : 536;
    }

    /// <summary>Begins a plot of rows, with room for names on the left and figures on the right.</summary>
    public static SvgPlot OfRows(string title, PlotAxis x, int rows, bool isWide, double left, double right) =>
        new(title, x, isWide, (left, right, 6, 46), 52 + (rows * RowHeight));

    /// <summary>Draws the area between two curves.</summary>
    public void Band(IReadOnlyList<(double X, double Low, double High)> points)
    {
        IEnumerable<string> upper = points.Select(point => At(point.X, point.High));
        IEnumerable<string> lower = points.Reverse().Select(point => At(point.X, point.Low));
        Add($"<polygon class=\"band\" points=\"{string.Join(' ', upper.Concat(lower))}\"/>");
    }

    /// <summary>Draws a curve.</summary>
    public void Curve(IEnumerable<(double X, double Y)> points, string style = "curve")
    {
        string line = string.Join(' ', points.Select(point => At(point.X, point.Y)));
        Add($"<polyline class=\"{style}\" points=\"{line}\"/>");
    }

    /// <summary>Draws a bar from the bottom, with a tooltip.</summary>
    public void Bar(double from, double to, double height, string tip)
    {
        double left = ToX(from), right = ToX(to), top = ToY(height);
        Add($"<rect class=\"bar\" x=\"{left:F2}\" y=\"{top:F2}\" width=\"{Math.Max(0.5, right - left - 0.6):F2}\" ");
        Add($"height=\"{_height - _bottom - top:F2}\"><title>{Safe(tip)}</title></rect>");
    }

    /// <summary>Draws a dot.</summary>
    public void Dot(double atX, double atY, double radius, string style) =>
        Add($"<circle class=\"{style}\" cx=\"{ToX(atX):F1}\" cy=\"{ToY(atY):F1}\" r=\"{radius:F1}\"/>");

    /// <summary>Draws a vertical line with a word at its top; <paramref name="row"/> separates the words of
    /// neighbours.</summary>
    public void Mark(double at, string word, int row)
    {
        double left = ToX(at);
        bool turns = left > _width - _right - 120;
        Add($"<line class=\"mark\" x1=\"{left:F1}\" x2=\"{left:F1}\" y1=\"{_top}\" y2=\"{_height - _bottom}\"/>");
        _words.Append(TextOf("word", left + (turns ? -5 : 5), _top + 11 + (row * 16), word, turns ? "end" : "start"));
    }

    /// <summary>Names a row.</summary>
    public void Name(int row, string name) => Text("name", _left - 10, Middle(row) + 4, name, "end");

    /// <summary>Draws a row's bar from the left edge, the interval around its end unless it is a point, and its
    /// figure.</summary>
    public void RowBar(
        int row, (double Low, double Median, double High) spread, string figure, string style, string tip)
    {
        double end = ToX(spread.Median), low = ToX(spread.Low), high = ToX(spread.High);
        double top = Middle(row) - 9;
        Add($"<g class=\"{style}\"><title>{Safe(tip)}</title>");
        double width = Math.Max(1, end - _left);
        Add($"<rect class=\"block\" x=\"{_left}\" y=\"{top:F1}\" width=\"{width:F1}\" height=\"18\" rx=\"3\"/>");
        if (spread.High > spread.Low)
            Add($"<path class=\"whisker\" d=\"M{low:F1} {top + 5:F1}v8m0 -4H{high:F1}m0 -4v8\"/>");
        Add($"</g>");
        Text("figure", Math.Max(end, high) + 8, Middle(row) + 4, figure);
    }

    /// <summary>Draws a row's span of percentiles: a line from first to last, a ring, a spot and a stroke.</summary>
    public void RowSpan(int row, double ring, double spot, double stroke, string figure, string style, string tip)
    {
        double y = Middle(row);
        Add($"<g class=\"{style}\"><title>{Safe(tip)}</title>");
        Add($"<line class=\"span\" x1=\"{ToX(ring):F1}\" x2=\"{ToX(stroke):F1}\" y1=\"{y:F1}\" y2=\"{y:F1}\"/>");
        Add($"<path class=\"stroke\" d=\"M{ToX(stroke):F1} {y - 6:F1}v12\"/>");
        Add($"<circle class=\"ring\" cx=\"{ToX(ring):F1}\" cy=\"{y:F1}\" r=\"4.5\"/>");
        Add($"<circle class=\"spot\" cx=\"{ToX(spot):F1}\" cy=\"{y:F1}\" r=\"5.5\"/></g>");
        Text("figure", ToX(stroke) + 10, y + 4, figure);
    }

    /// <summary>Draws a vertical line across all rows, with a tooltip.</summary>
    public void RowLine(double at, string style, string tip)
    {
        Add($"<g class=\"{style}\"><title>{Safe(tip)}</title><line class=\"level {style}\" x1=\"{ToX(at):F1}\" ");
        Add($"x2=\"{ToX(at):F1}\" y1=\"{_top}\" y2=\"{_height - _bottom}\"/></g>");
    }

    /// <summary>Writes a word in a row instead of a figure.</summary>
    public void RowWord(int row, string word) => Text("tick", _left + 8, Middle(row) + 4, word);

    /// <summary>Draws a thin line above a row.</summary>
    public void Rule(int row) => Add($"<path class=\"rule\" d=\"M0 {_top + (row * RowHeight):F1}H{_width}\"/>");

    /// <summary>Finishes the plot; call it once.</summary>
    public string Render()
    {
        string shapes = _shapes.ToString();
        _shapes.Clear();
        Add($"<svg viewBox=\"0 0 {_width} {_height}\" role=\"img\" aria-label=\"{Safe(_title)}\">");
        foreach (double tick in _y?.Ticks() ?? [])
        {
            double at = ToY(tick);
            Add($"<line class=\"grid\" x1=\"{_left}\" x2=\"{_width - _right}\" y1=\"{at:F1}\" y2=\"{at:F1}\"/>");
            Text("tick", _left - 8, at + 4, _y!.Format(tick), "end");
        }

        double free = double.NegativeInfinity;
        foreach (double tick in _x.Ticks())
        {
            double at = ToX(tick);
            Add($"<line class=\"grid\" x1=\"{at:F1}\" x2=\"{at:F1}\" y1=\"{_top}\" y2=\"{_height - _bottom}\"/>");
            string text = _x.Format(tick);
            double half = text.Length * LetterWidth / 2;
            // A label that would touch the previous one is left out.
            if (at - half < free)
                continue;
            Text("tick", at, _height - _bottom + 18, text, "middle");
            free = at + half + LetterWidth;
        }

        _shapes.Append(shapes).Append(_words);
        Text("label", (_left + _width - _right) / 2, _height - 8, _x.Label, "middle");
        if (_y is not null)
            Text("label", 4, 14, _y.Label);
        return _shapes.Append("</svg>").ToString();
    }

    private void Text(string style, double x, double y, string text, string anchor = "start") =>
        _shapes.Append(TextOf(style, x, y, text, anchor));

    private static string TextOf(string style, double x, double y, string text, string anchor) =>
        string.Create(CultureInfo.InvariantCulture,
            $"<text class=\"{style}\" x=\"{x:F1}\" y=\"{y:F1}\" text-anchor=\"{anchor}\">{Safe(text)}</text>");

    private void Add(FormattableString shape) => _shapes.Append(shape.ToString(CultureInfo.InvariantCulture));

    private string At(double atX, double atY) =>
        string.Create(CultureInfo.InvariantCulture, $"{ToX(atX):F1},{ToY(atY):F1}");

    private double Middle(int row) => _top + (row * RowHeight) + (RowHeight / 2);

    private double ToX(double value) => _left + (_x.Place(value) * (_width - _left - _right));

    private double ToY(double value) => _height - _bottom - (_y!.Place(value) * (_height - _top - _bottom));

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}
