using System.Globalization;
using System.Net;
using System.Text;

namespace Hawser.Services.Drawing;

/// <summary>
/// A plot as inline SVG. Colours are CSS classes of the page around it, so that it follows light and dark.
/// </summary>
internal sealed class SvgPlot(string title, PlotAxis x, PlotAxis y, bool isWide)
{
    private const double Left = 60, Right = 16, Top = 30, Bottom = 46;

    // As large as it appears on a page 1,180 wide, so that letters have the same size in all.
    private readonly double _width = isWide ? 1106 : 536;
    private readonly double _height = isWide ? 300 : 310;

    private readonly StringBuilder _shapes = new();

    /// <summary>The area between two curves.</summary>
    public void Band(IReadOnlyList<(double X, double Low, double High)> points)
    {
        IEnumerable<string> upper = points.Select(point => At(point.X, point.High));
        IEnumerable<string> lower = points.Reverse().Select(point => At(point.X, point.Low));
        Add($"<polygon class=\"band\" points=\"{string.Join(' ', upper.Concat(lower))}\"/>");
    }

    /// <summary>A curve.</summary>
    public void Curve(IEnumerable<(double X, double Y)> points, string style = "curve")
    {
        string line = string.Join(' ', points.Select(point => At(point.X, point.Y)));
        Add($"<polyline class=\"{style}\" points=\"{line}\"/>");
    }

    /// <summary>A bar from the bottom, with what it says when pointed at.</summary>
    public void Bar(double from, double to, double height, string tip)
    {
        double left = ToX(from), right = ToX(to), top = ToY(height);
        Add($"<rect class=\"bar\" x=\"{left:F2}\" y=\"{top:F2}\" width=\"{Math.Max(0.5, right - left - 0.6):F2}\" ");
        Add($"height=\"{_height - Bottom - top:F2}\"><title>{WebUtility.HtmlEncode(tip)}</title></rect>");
    }

    /// <summary>A dot.</summary>
    public void Dot(double atX, double atY, double radius, string style) =>
        Add($"<circle class=\"{style}\" cx=\"{ToX(atX):F1}\" cy=\"{ToY(atY):F1}\" r=\"{radius:F1}\"/>");

    /// <summary>
    /// An upright line with a word at its head; <paramref name="row"/> keeps neighbours' words apart.
    /// </summary>
    public void Mark(double at, string word, int row)
    {
        double left = ToX(at);
        bool turns = left > _width - Right - 120;
        Add($"<line class=\"mark\" x1=\"{left:F1}\" x2=\"{left:F1}\" y1=\"{Top}\" y2=\"{_height - Bottom}\"/>");
        Add($"<text class=\"word\" x=\"{left + (turns ? -5 : 5):F1}\" y=\"{Top + 11 + (row * 16)}\" ");
        Add($"text-anchor=\"{(turns ? "end" : "start")}\">{WebUtility.HtmlEncode(word)}</text>");
    }

    /// <summary>The finished picture; to be called once.</summary>
    public string Render()
    {
        string name = WebUtility.HtmlEncode(title);
        string shapes = _shapes.ToString();
        _shapes.Clear();
        Add($"<svg viewBox=\"0 0 {_width} {_height}\" role=\"img\" aria-label=\"{name}\">");
        foreach (double tick in y.Ticks())
        {
            double at = ToY(tick);
            Add($"<line class=\"grid\" x1=\"{Left}\" x2=\"{_width - Right}\" y1=\"{at:F1}\" y2=\"{at:F1}\"/>");
            Add($"<text class=\"tick\" x=\"{Left - 8}\" y=\"{at + 4:F1}\" text-anchor=\"end\">{y.Format(tick)}</text>");
        }

        foreach (double tick in x.Ticks())
        {
            double at = ToX(tick);
            Add($"<line class=\"grid\" x1=\"{at:F1}\" x2=\"{at:F1}\" y1=\"{Top}\" y2=\"{_height - Bottom}\"/>");
            Add($"<text class=\"tick\" x=\"{at:F1}\" y=\"{_height - Bottom + 18}\" ");
            Add($"text-anchor=\"middle\">{x.Format(tick)}</text>");
        }

        _shapes.Append(shapes);
        Add($"<text class=\"label\" x=\"{(Left + _width - Right) / 2}\" y=\"{_height - 8}\" ");
        Add($"text-anchor=\"middle\">{WebUtility.HtmlEncode(x.Label)}</text>");
        Add($"<text class=\"label\" x=\"4\" y=\"14\">{WebUtility.HtmlEncode(y.Label)}</text></svg>");
        return _shapes.ToString();
    }

    private void Add(FormattableString shape) => _shapes.Append(shape.ToString(CultureInfo.InvariantCulture));

    private string At(double atX, double atY) =>
        string.Create(CultureInfo.InvariantCulture, $"{ToX(atX):F1},{ToY(atY):F1}");

    private double ToX(double value) => Left + (x.Place(value) * (_width - Left - Right));

    private double ToY(double value) => _height - Bottom - (y.Place(value) * (_height - Top - Bottom));
}
