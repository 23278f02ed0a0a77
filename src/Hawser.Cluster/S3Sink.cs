using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Hawser.Services.Upload;

namespace Hawser.Cluster;

/// <summary>The bytes of one collection's uploads, in an object store that speaks S3. Upload n is the object
/// <c>PREFIX/n.file</c>, there whole or not at all.</summary>
/// <remarks>Each request's body is signed with its SHA-256, which every such store checks. Trailing checksums, which AWS's
/// SDK adds by default, are off: other stores do not know them.</remarks>
internal sealed class S3Sink : IDisposable
{
    private const int RequestsAtOnce = 32;
    private const int Retries = 2;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(60);

    private readonly AmazonS3Client _client;
    private readonly SemaphoreSlim _requests = new(RequestsAtOnce);

    /// <summary>Connects when it is first used. Key and secret come from where AWS's tools look for them:
    /// <c>AWS_ACCESS_KEY_ID</c> and <c>AWS_SECRET_ACCESS_KEY</c>, <c>~/.aws/credentials</c>, or the machine's role.</summary>
    /// <exception cref="IOException">There is neither an endpoint nor a region.</exception>
    public S3Sink(SinkAddress address)
    {
        Address = address;
        var config = new AmazonS3Config
        {
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            ForcePathStyle = address.Endpoint is not null || Find("AWS_ENDPOINT_URL") is not null,
            Timeout = RequestTimeout,
            MaxErrorRetry = Retries,
        };
        if (address.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.ToString();
            config.AuthenticationRegion = Find("AWS_REGION") ?? Find("AWS_DEFAULT_REGION") ?? "us-east-1";
        }
        try
        {
            _client = new AmazonS3Client(config);
        }
        catch (AmazonClientException e)
        {
            throw new IOException("--sink: no region; set AWS_REGION, or add ?endpoint=https://HOST:PORT", e);
        }
    }

    /// <summary>The place.</summary>
    public SinkAddress Address { get; }

    /// <summary>Whether there is no object. One for the prefix itself, as consoles create for a folder, does not
    /// count.</summary>
    public async Task<bool> IsEmptyAsync(CancellationToken cancel = default)
    {
        ListObjectsV2Response page = await _client.ListObjectsV2Async(
            new ListObjectsV2Request { BucketName = Address.Bucket, Prefix = Address.Prefix, MaxKeys = 2 }, cancel);
        return (page.S3Objects ?? []).All(found => found.Key == Address.Prefix);
    }

    /// <summary>Stores an object in one request.</summary>
    public Task PutAsync(long number, Stream content, CancellationToken cancel)
    {
        var request = new PutObjectRequest
        {
            BucketName = Address.Bucket,
            Key = KeyOf(number),
            InputStream = content,
            AutoCloseStream = false,
            UseChunkEncoding = false,
        };
        return InTurnAsync(() => _client.PutObjectAsync(request, cancel), cancel);
    }

    /// <summary>Begins an object in parts. Nobody sees it before <see cref="CompleteAsync"/>.</summary>
    /// <returns>Its id, for the calls that follow.</returns>
    public async Task<string> BeginPartsAsync(long number, CancellationToken cancel) =>
        (await _client.InitiateMultipartUploadAsync(Address.Bucket, KeyOf(number), cancel)).UploadId;

    /// <summary>Stores a part: 5 MiB or more, except for the last.</summary>
    public async Task<PartETag> PutPartAsync(long number, string id, int part, Stream content, CancellationToken cancel)
    {
        var request = new UploadPartRequest
        {
            BucketName = Address.Bucket,
            Key = KeyOf(number),
            UploadId = id,
            PartNumber = part,
            InputStream = content,
            PartSize = content.Length,
            UseChunkEncoding = false,
        };
        UploadPartResponse response = await InTurnAsync(() => _client.UploadPartAsync(request, cancel), cancel);
        return new PartETag(part, response.ETag);
    }

    /// <summary>Makes an object of its parts.</summary>
    public Task CompleteAsync(long number, string id, List<PartETag> parts, CancellationToken cancel) =>
        _client.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest
            {
                BucketName = Address.Bucket,
                Key = KeyOf(number),
                UploadId = id,
                PartETags = parts,
            },
            cancel);

    /// <summary>Removes an upload: the object, and parts of which none was made.</summary>
    public async Task RemoveAsync(long number, CancellationToken cancel = default)
    {
        string key = KeyOf(number);
        ListMultipartUploadsResponse begun = await _client.ListMultipartUploadsAsync(
            new ListMultipartUploadsRequest { BucketName = Address.Bucket, Prefix = key }, cancel);
        foreach (MultipartUpload upload in (begun.MultipartUploads ?? []).Where(upload => upload.Key == key))
            await _client.AbortMultipartUploadAsync(Address.Bucket, key, upload.UploadId, cancel);
        await _client.DeleteObjectAsync(Address.Bucket, key, cancel);
    }

    /// <summary>The content of an upload; null if there is no such object. Dispose it.</summary>
    public async Task<Stream?> FindAsync(long number, CancellationToken cancel = default)
    {
        try
        {
            return (await _client.GetObjectAsync(Address.Bucket, KeyOf(number), cancel)).ResponseStream;
        }
        catch (AmazonS3Exception e) when (e.ErrorCode == "NoSuchKey")
        {
            return null;
        }
    }

    /// <summary>Whether an upload's object is there.</summary>
    public async Task<bool> HasAsync(long number, CancellationToken cancel)
    {
        try
        {
            await _client.GetObjectMetadataAsync(Address.Bucket, KeyOf(number), cancel);
            return true;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    /// <summary>The keys of all objects, without the prefix.</summary>
    public async IAsyncEnumerable<string> ListAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        var request = new ListObjectsV2Request { BucketName = Address.Bucket, Prefix = Address.Prefix };
        ListObjectsV2Response page;
        do
        {
            page = await _client.ListObjectsV2Async(request, cancel);
            foreach (S3Object found in (page.S3Objects ?? []).Where(found => found.Key != Address.Prefix))
                yield return found.Key[Address.Prefix.Length..];
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
    }

    public void Dispose()
    {
        _client.Dispose();
        _requests.Dispose();
    }

    private static string? Find(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    /// <summary>Sends a request with a body when fewer than <see cref="RequestsAtOnce"/> are under way.</summary>
    private async Task<T> InTurnAsync<T>(Func<Task<T>> request, CancellationToken cancel)
    {
        await _requests.WaitAsync(cancel);
        try
        {
            return await request();
        }
        finally
        {
            _requests.Release();
        }
    }

    private string KeyOf(long number) => Address.Prefix + UploadName.Of(number);
}
