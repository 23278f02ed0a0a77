namespace Hawser.Cluster;

/// <summary>A place in an object store: <c>s3://BUCKET[/PREFIX][?endpoint=URL]</c>.</summary>
/// <param name="Bucket">The bucket.</param>
/// <param name="Prefix">Begins every key: empty, or with a slash at its end.</param>
/// <param name="Endpoint">The server; null for the one of AWS's region, or of <c>AWS_ENDPOINT_URL</c>.</param>
internal sealed record SinkAddress(string Bucket, string Prefix, Uri? Endpoint)
{
    private const string EndpointKey = "endpoint=";

    /// <summary>The name of the collection of uploads: bucket and prefix, without the endpoint.</summary>
    public string Collection => $"s3://{Bucket}/{Prefix}";

    /// <exception cref="FormatException">The address is malformed.</exception>
    public static SinkAddress Parse(string address)
    {
        string[] parts = address["s3://".Length..].Split('?', 2);
        string[] path = parts[0].Split('/', 2);
        string prefix = path.ElementAtOrDefault(1)?.Trim('/') ?? "";
        if (path[0] is "")
            throw new FormatException("--sink: names no bucket; use s3://BUCKET/PREFIX");
        return new SinkAddress(path[0], prefix is "" ? "" : $"{prefix}/", ParseEndpoint(parts.ElementAtOrDefault(1)));
    }

    private static Uri? ParseEndpoint(string? query)
    {
        if (string.IsNullOrEmpty(query))
            return null;
        return query.StartsWith(EndpointKey, StringComparison.Ordinal)
            && Uri.TryCreate(Uri.UnescapeDataString(query[EndpointKey.Length..]), UriKind.Absolute, out Uri? endpoint)
            && endpoint is { Scheme: "http" or "https", UserInfo: "" }
            ? endpoint
            : throw new FormatException("--sink: after '?' only endpoint=http://HOST:PORT may follow");
    }
}
