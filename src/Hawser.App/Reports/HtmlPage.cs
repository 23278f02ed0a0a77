using System.Globalization;
using System.Net;
using System.Text;

namespace Hawser.App.Reports;

/// <summary>A self-contained HTML page: style and plots inline, no script, no network, a light and a dark scheme.</summary>
internal sealed class HtmlPage
{
    private const string Style = """
        :root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--ink:#18212d;--soft:#5a687a;--grid:#e6e9ee;
        --edge:#dfe3e9;--main:#0a66c2;--band:#0a66c226;--dot:#0a66c270;--warm:#c2470a;--warn:#b42318}
        @media(prefers-color-scheme:dark){:root{--page:#0f1319;--card:#171d26;--ink:#e7ecf3;--soft:#94a3b8;
        --grid:#28313d;--edge:#28313d;--main:#62b0ff;--band:#62b0ff33;--dot:#62b0ff80;--warm:#ffa366;--warn:#ff8a80}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--page);color:var(--ink);
        font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        main{max-width:1180px;margin:0 auto;padding:32px 20px 56px}
        h1{font-size:26px;letter-spacing:-.01em;margin:0}
        h2{font-size:18px;margin:36px 0 4px}
        h3{font-size:13px;font-weight:600;margin:0 0 6px}
        p{margin:2px 0 12px;color:var(--soft)}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:22px 0}
        .tile,.card{background:var(--card);border:1px solid var(--edge);border-radius:10px}
        .tile{padding:12px 16px}
        .tile b{display:block;font-size:22px;font-weight:600;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
        .tile span{color:var(--soft);font-size:13px}
        .card{padding:14px 16px;overflow-x:auto}
        .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:12px;margin-top:10px}
        .wide{grid-column:1/-1}
        table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
        th{font-weight:600;color:var(--soft);text-align:right;padding:4px 10px 8px;white-space:nowrap}
        td{text-align:right;padding:6px 10px;border-top:1px solid var(--grid);white-space:nowrap}
        th:first-child,td:first-child{text-align:left;padding-left:0}
        th:last-child,td:last-child{padding-right:0}
        .roll{max-height:560px;overflow:auto;padding-top:0}
        .roll th{position:sticky;top:0;background:var(--card);padding-top:14px}
        .warn{color:var(--warn)}
        small{color:var(--soft);font-size:12.5px}
        svg{display:block;width:100%;height:auto;font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        .narrow{display:none}
        @media(max-width:799px){.broad{display:none}.narrow{display:block}svg{font-size:14px}}
        .grid{stroke:var(--grid)}.tick,.label{fill:var(--soft)}.word{fill:var(--warm);font-weight:600}
        .word,.label{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
        .band{fill:var(--band)}.curve{fill:none;stroke:var(--main);stroke-width:1.5;stroke-linejoin:round}
        .bar{fill:var(--main)}.dot{fill:var(--dot)}.best{fill:var(--warm);stroke:var(--card);stroke-width:1.5}
        .wedge{fill:none;stroke:var(--warm);stroke-width:1.2;stroke-dasharray:5 4}
        .mark{stroke:var(--warm);stroke-dasharray:3 3}
        """;

    private readonly StringBuilder _text = new();

    /// <param name="title">The title of the window.</param>
    /// <param name="style">CSS to add to that of every page.</param>
    public HtmlPage(string title, string style = "")
    {
        Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        Append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
        Add($"<title>{title}</title>\n").Append("<style>\n").Append(Style).Append("\n").Append(style);
        Append("\n</style></head>\n<body><main>\n");
    }

    /// <summary>Appends HTML as it is.</summary>
    public HtmlPage Append(string html)
    {
        _text.Append(html);
        return this;
    }

    /// <summary>Appends HTML with escaped values.</summary>
    public HtmlPage Add(FormattableString html)
    {
        object?[] safe = [.. html.GetArguments().Select(value => (object?)WebUtility.HtmlEncode(value?.ToString()))];
        _text.AppendFormat(CultureInfo.InvariantCulture, html.Format, safe);
        return this;
    }

    /// <summary>Appends a figure and its name.</summary>
    public void Tile(string figure, string name) =>
        Add($"<div class=\"tile\"><b>{figure}</b><span>{name}</span></div>");

    /// <summary>A plot over the width of the page; a narrow window shows it at half the width, so that its letters stay
    /// readable.</summary>
    /// <param name="title">The title of the plot.</param>
    /// <param name="draw">Draws it, wide or not.</param>
    public void WideCard(string title, Func<bool, string> draw)
    {
        Add($"<div class=\"card wide\"><h3>{title}</h3>");
        Append("<div class=\"broad\">").Append(draw(true)).Append("</div>");
        Append("<div class=\"narrow\">").Append(draw(false)).Append("</div></div>");
    }

    /// <summary>A plot of half the width of the page, or of its width.</summary>
    public void Card(string title, string plot, bool isWide)
    {
        Append(isWide ? "<div class=\"card wide\">" : "<div class=\"card\">");
        Add($"<h3>{title}</h3>").Append(plot).Append("</div>");
    }

    /// <summary>Finishes the page. Call it once.</summary>
    public string Finish() => Append("</main></body></html>\n")._text.ToString();
}
