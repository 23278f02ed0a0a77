using System.Globalization;
using System.Xml.Linq;
using Hawser.App.Reports;
using Xunit;

namespace Hawser.Tests.App.Reports;

public sealed class SvgPlotTest
{
    [Theory]
    [InlineData(40e3, 25e6)]
    [InlineData(1e3, 1e10)]
    [InlineData(1e6, 3e6)]
    public void Labels_below_the_axis_do_not_touch(double minNs, double maxNs)
    {
        PlotAxis x = PlotAxis.OfDurations("delay", minNs, maxNs);
        var y = new PlotAxis("count", 0, 10, IsLogarithmic: false, tick => $"{tick}");

        XElement svg = XElement.Parse(new SvgPlot("title", x, y, isWide: false).Render());

        (double At, string Text)[] labels =
        [
            .. from text in svg.Elements("text")
               where (string?)text.Attribute("class") == "tick" && (string?)text.Attribute("text-anchor") == "middle"
               select (double.Parse((string)text.Attribute("x")!, CultureInfo.InvariantCulture), text.Value),
        ];
        Assert.True(labels.Length > 2);
        foreach (((double left, string first), (double right, string second)) in labels.Zip(labels.Skip(1)))
        {
            // Half of each label, at 8 pixels a letter.
            Assert.True(right - left >= 4 * (first.Length + second.Length), $"{first} touches {second}");
        }
    }
}
