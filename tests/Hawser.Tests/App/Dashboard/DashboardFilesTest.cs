using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Hawser.Tests.App.Dashboard;

/// <summary>The files of the page, and the requests that get none.</summary>
[Collection(nameof(DashboardStage))]
public sealed partial class DashboardFilesTest : IAsyncDisposable
{
    private const int MostBytes = 100_000;

    private readonly DashboardStage _stage = DashboardStage.Start();

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task The_page_and_its_files_are_small_and_loaded_from_the_server_alone()
    {
        var seen = new HashSet<string>();
        var open = new Queue<string>([""]);
        int bytes = 0;
        while (open.TryDequeue(out string? file))
        {
            if (!seen.Add(file))
                continue;
            byte[] content = await _stage.Http.GetByteArrayAsync(file);
            bytes += content.Length;
            string text = Encoding.UTF8.GetString(content);
            Assert.DoesNotContain("//cdn", text, StringComparison.Ordinal);
            foreach (Match link in Link().Matches(text))
                open.Enqueue(link.Groups["file"].Value);
        }

        Assert.Superset(
            new HashSet<string> { "page.css", "main.js", "stream.js", "charts.js", "icon.svg" }, seen);
        Assert.InRange(bytes, 1, MostBytes);
    }

    [Fact]
    public async Task No_markup_of_the_page_can_run_text()
    {
        string page = await _stage.Http.GetStringAsync("");
        Assert.DoesNotMatch(@"<script(?![^>]*\ssrc=)|<style|\son\w+\s*=|\sstyle\s*=|javascript:", page);
        foreach (string script in (string[])["main.js", "dom.js", "server.js", "connections.js", "events.js", "charts.js"])
        {
            Assert.DoesNotMatch(
                @"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function",
                await _stage.Http.GetStringAsync(script));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("main.js")]
    [InlineData("events")]
    [InlineData("nothing")]
    public async Task Every_response_keeps_other_sites_out(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using HttpResponseMessage response = await _stage.Http.SendAsync(request);

        string policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; ", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(["no-referrer"], response.Headers.GetValues("Referrer-Policy"));
        Assert.Equal(["same-origin"], response.Headers.GetValues("Cross-Origin-Resource-Policy"));
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("", "text/html")]
    [InlineData("page.css", "text/css")]
    [InlineData("main.js", "text/javascript")]
    [InlineData("icon.svg", "image/svg+xml")]
    public async Task A_file_has_its_type(string path, string type)
    {
        using HttpResponseMessage response = await _stage.Http.GetAsync(path);

        Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("localhost:1", "", HttpStatusCode.OK)]
    [InlineData("[::1]", "", HttpStatusCode.OK)]
    [InlineData("evil.example", "", HttpStatusCode.MisdirectedRequest)]
    [InlineData("evil.example", "events", HttpStatusCode.MisdirectedRequest)]
    [InlineData("localhost.evil.example", "", HttpStatusCode.MisdirectedRequest)]
    [InlineData("localhost", "index.html", HttpStatusCode.NotFound)]
    [InlineData("localhost", "../main.js", HttpStatusCode.OK)]
    [InlineData("localhost", "control", HttpStatusCode.NotFound)]
    [InlineData("localhost", "events?sort=x", HttpStatusCode.BadRequest)]
    public async Task A_request_gets_its_status(string host, string path, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = host } };
        using HttpResponseMessage response = await _stage.Http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(status, response.StatusCode);
    }

    [GeneratedRegex("""(?:src|href)="(?<file>[\w.-]+)"|from '\./(?<file>[\w.-]+)'""")]
    private static partial Regex Link();
}
