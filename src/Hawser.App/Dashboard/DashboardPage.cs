using System.Reflection;
using Hawser.App.Http;

namespace Hawser.App.Dashboard;

/// <summary>The files of the page, which the program has as resources.</summary>
internal static class DashboardPage
{
    private const string Prefix = "dashboard/";

    /// <summary>The routes to the files; <c>/</c> is the page itself.</summary>
    public static IEnumerable<KeyValuePair<string, HttpRoute>> Routes()
    {
        Assembly program = typeof(DashboardPage).Assembly;
        foreach (string resource in program.GetManifestResourceNames().Where(
            resource => resource.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            string name = resource[Prefix.Length..];
            var response = new HttpResponse(HttpStatus.Done, TypeOf(name), Read(program, resource));
            yield return new(name == "index.html" ? "/" : $"/{name}", HttpRoute.Get(() => response));
        }
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        _ => "image/svg+xml",
    };

    private static byte[] Read(Assembly program, string resource)
    {
        using Stream file = program.GetManifestResourceStream(resource)!;
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
