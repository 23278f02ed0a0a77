namespace Hawser.App.Http;

/// <summary>What a path answers. It runs on the connection's thread.</summary>
/// <param name="IsPost">It takes POST; otherwise GET and HEAD.</param>
/// <param name="Answer">Makes the response. Throws <see cref="HttpException"/> for one that closes the
/// connection.</param>
internal sealed record HttpRoute(bool IsPost, Func<HttpRequest, ValueTask<HttpResponse>> Answer)
{
    /// <summary>The methods, as the header Allow lists them.</summary>
    public string Methods => IsPost ? "POST" : "GET, HEAD";

    /// <summary>A page.</summary>
    public static HttpRoute Get(Func<HttpResponse> answer) => Get(_ => answer());

    /// <inheritdoc cref="Get(Func{HttpResponse})"/>
    public static HttpRoute Get(Func<HttpRequest, HttpResponse> answer) =>
        new(IsPost: false, request => ValueTask.FromResult(answer(request)));

    /// <summary>A command.</summary>
    public static HttpRoute Post(Func<HttpRequest, ValueTask<HttpResponse>> answer) => new(IsPost: true, answer);

    /// <summary>Whether it answers a method.</summary>
    public bool Takes(string method) => IsPost ? method == "POST" : method is "GET" or "HEAD";
}
