namespace Hawser.App.Http;

/// <summary>Which site has made a browser send a request.</summary>
internal static class HttpOrigin
{
    /// <summary>Whether it was a page of this server, or no page: the header Origin, if there is one, names the host of
    /// the request, and Sec-Fetch-Site no other site.</summary>
    public static bool IsOwn(HttpRequest request) =>
        request.Header("Origin") is not { } origin
            ? request.Header("Sec-Fetch-Site") is null or "same-origin" or "none"
            : Uri.TryCreate(origin, UriKind.Absolute, out Uri? page)
                && page.Authority.Equals(request.Authority, StringComparison.OrdinalIgnoreCase);
}
